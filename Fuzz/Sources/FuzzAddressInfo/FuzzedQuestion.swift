// SPDX-License-Identifier: Apache-2.0

import GetAddrInfo
import Glibc
import IPAddresses

/// A question made of bytes that an attacker has chosen.
struct FuzzedQuestion {
    private static let families: [Int32] = [0, 2, 10, 5]
    private static let types: [Int32] = [0, 1, 2, 3, 4, 5, 6, 1 | 0o4000]
    private static let protocols: [Int32] = [0, 6, 17, 132, 136, 33, 1, 255]
    private static let separator: UInt8 = 0xFF

    let host: [UInt8]?
    let service: [UInt8]?
    let hints: AddressInfoHints

    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count >= 6 else { return nil }
        let flags: [Int32] = [0x1, 0x2, 0x4, 0x8, 0x10, 0x400, 0x40, 0x80]
        hints = AddressInfoHints(
            family: Self.families[Int(bytes[0]) % Self.families.count],
            socketType: Self.types[Int(bytes[1]) % Self.types.count],
            protocolNumber: Self.protocols[Int(bytes[2]) % Self.protocols.count],
            flags: flags.indices.reduce(Int32(bytes[5] & 3) << 8) {
                bytes[3] >> UInt8($1) & 1 == 1 ? $0 | flags[$1] : $0
            }
        )
        let parts = bytes[6...].split(separator: Self.separator, maxSplits: 1, omittingEmptySubsequences: false)
        host = bytes[4] & 1 == 1 ? nil : Array(parts[0])
        service = parts.count == 2 ? Array(parts[1]) : nil
    }

    /// Where the C library says something else than we do, what both say.
    func disagreement() -> String? {
        var hints = hints
        let facts = Self.facts
        var answer = Self.answer(host, service, hints, facts)
        if answer == .needsLookup {
            // No lookup ever leaves the fuzzer.
            hints.flags |= AI_NUMERICHOST
            answer = Self.answer(host, service, hints, facts)
        }
        let ours: Result<AddressInfoList, AddressInfoError>
        switch answer {
        case .answered(let entries): ours = .success(entries)
        case .failed(let error): ours = .failure(error)
        case .needsLookup, .refused: return nil
        }
        let theirs = Self.with(host) { host in
            Self.with(service) { AddressInfoCall.getaddrinfo(host: host, service: $0, hints: hints) }
        }
        if ours == theirs { return nil }
        return "\(String(decoding: host ?? [], as: UTF8.self)), \(hints): ours \(ours), the C library's \(theirs)"
    }

    /// Where the host is an address that is not what its own text reads back as, that text.
    func lossyText() -> String? {
        guard let host, let address = Self.with(host, { bytes in bytes.flatMap { try? IPAddress(utf8: $0) } }) else {
            return nil
        }
        let printed = address.description
        guard let again = try? IPAddress(printed), again == address, again.description == printed else {
            return printed
        }
        return nil
    }

    /// Services by name are left to the call, so that no file can change under the fuzzer.
    private static let facts = LocalFacts(interfaces: InterfaceTable.read())

    private static func answer(
        _ host: [UInt8]?,
        _ service: [UInt8]?,
        _ hints: AddressInfoHints,
        _ facts: LocalFacts
    ) -> NumericAnswer {
        with(host) { host in
            with(service) { service in
                AddressInfoQuestion.numericAnswer(host: host, service: service, hints: hints, knowing: facts)
            }
        }
    }

    private static func with<Result>(_ bytes: [UInt8]?, _ body: (UnsafeBufferPointer<UInt8>?) -> Result) -> Result {
        guard let bytes else { return body(nil) }
        return bytes.withUnsafeBufferPointer { body($0) }
    }
}
