// SPDX-License-Identifier: Apache-2.0

/// The domain names that a certificate is for: those in its subjectAltName (RFC 5280 §4.2.1.6).
///
/// It reads nothing else, and does not decide on trust: that the TLS library has done before.
@available(FairDial 0.1, *)
struct CertificateNames {
    /// As they stand there.
    private var names: [ArraySlice<UInt8>] = []
    /// Whether there is a subjectAltName, of any kind. Where there is none, an address cannot have been what was
    /// verified, but only the name, in the subject.
    private(set) var hasAlternatives = false

    /// Reads a certificate's DER (X.690 §10).
    ///
    /// - Returns: `nil` for what is no certificate.
    init?(ofCertificate bytes: [UInt8]) {
        var file = DERReader(bytes[...])
        guard var certificate = file.constructed(Self.sequence), var body = certificate.constructed(Self.sequence)
        else {
            return nil
        }
        while let (tag, content) = body.next() {
            guard tag == Self.extensions else { continue }
            var wrapped = DERReader(content)
            guard var list = wrapped.constructed(Self.sequence) else { return nil }
            while var entry = list.constructed(Self.sequence) {
                guard let (_, kind) = entry.next() else { return nil }
                guard kind.elementsEqual(Self.subjectAltName) else { continue }
                guard read(&entry) else { return nil }
            }
            guard list.isAtEnd else { return nil }
        }
        guard body.isAtEnd else { return nil }
    }

    private static let sequence: UInt8 = 0x30
    private static let octets: UInt8 = 0x04
    /// The last part of a certificate's body, `[3]`.
    private static let extensions: UInt8 = 0xA3
    /// A dNSName among the names, `[2]`.
    private static let domainName: UInt8 = 0x82
    /// 2.5.29.17
    private static let subjectAltName: [UInt8] = [0x55, 0x1D, 0x11]

    /// Reads the extension after its object identifier.
    private mutating func read(_ entry: inout DERReader) -> Bool {
        hasAlternatives = true
        while let (tag, content) = entry.next() {
            // The flag "critical" may come before it.
            guard tag == Self.octets else { continue }
            var value = DERReader(content)
            guard var list = value.constructed(Self.sequence) else { return false }
            while let (tag, name) = list.next() { if tag == Self.domainName { names.append(name) } }
            return list.isAtEnd
        }
        return false
    }

    /// Whether the certificate, which the TLS library has verified for this name or for the address, is for the name.
    ///
    /// - Source: RFC 9525 §6.3: without regard to case; a `*` stands for one whole label, the first.
    func mayBe(_ name: String) -> Bool {
        guard hasAlternatives else { return true }
        let reference = Self.bare(Array(name.utf8)[...])
        guard !reference.isEmpty else { return false }
        return names.contains { Self.isSame(Self.bare($0), reference) }
    }

    private static let dot = UInt8(ascii: ".")

    /// In lower case, without a final dot.
    private static func bare(_ name: ArraySlice<UInt8>) -> [UInt8] {
        let name = name.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
        return name.last == dot ? name.dropLast() : name
    }

    private static func isSame(_ presented: [UInt8], _ reference: [UInt8]) -> Bool {
        guard presented.starts(with: [UInt8(ascii: "*"), dot]) else { return presented == reference }
        guard let end = reference.firstIndex(of: dot), end > 0 else { return false }
        return presented.dropFirst().elementsEqual(reference[end...])
    }
}
