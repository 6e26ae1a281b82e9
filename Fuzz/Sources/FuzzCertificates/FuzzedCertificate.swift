// SPDX-License-Identifier: Apache-2.0

// The fuzzer has the two files themselves.
#if canImport(DNSOverTLS)
    @testable import DNSOverTLS
#endif

/// A name and a certificate: the length of the name, the name, and what may be DER.
struct FuzzedCertificate {
    let bytes: [UInt8]

    /// What our reader makes of it that cannot be; `nil` for nothing.
    ///
    /// No certificate is for a name of which it has neither the whole nor the part behind the first dot.
    func fault() -> String? {
        guard let length = bytes.first else { return nil }
        let name = bytes.dropFirst().prefix(Int(length))
        let certificate = Array(bytes.dropFirst(1 + name.count))
        guard let names = CertificateNames(ofCertificate: certificate) else { return nil }
        let text = String(decoding: name, as: UTF8.self)
        let matches = names.mayBe(text)
        if matches != names.mayBe(text.uppercased()), text.utf8.allSatisfy({ $0 < 0x80 }) { return "case counts" }
        guard matches, names.hasAlternatives else { return nil }
        let reference = Array(text.utf8).map(Self.lowercased)
        let bare = reference.last == UInt8(ascii: ".") ? Array(reference.dropLast()) : reference
        let behind = bare.firstIndex(of: UInt8(ascii: ".")).map { Array(bare[$0...]) }
        let there = certificate.map(Self.lowercased)
        let isThere = Self.contains(there, bare) || behind.map { Self.contains(there, $0) } ?? false
        return isThere ? nil : "a name that is not there: \(text.debugDescription)"
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { 0x41...0x5A ~= byte ? byte | 0x20 : byte }

    private static func contains(_ whole: [UInt8], _ part: [UInt8]) -> Bool {
        guard !part.isEmpty, part.count <= whole.count else { return false }
        return (0...(whole.count - part.count)).contains { whole[$0...].starts(with: part) }
    }
}
