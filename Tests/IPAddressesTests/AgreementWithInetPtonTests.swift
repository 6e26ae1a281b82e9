// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import Testing

@Suite struct `Agreement with inet_pton` {
    private static let seeds: [UInt64] = [1, 2, 3, 4]
    private static let textsPerSeed = 20_000

    @Test(arguments: seeds)
    func `IPv4 texts are accepted, refused and read as the C library does`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var accepted = 0
        for _ in 0..<Self.textsPerSeed {
            let text = Mutation.text(of: Mutation.ipv4, using: &generator)
            let address = try? IPv4Address(text)
            guard address == InetPton.ipv4(text) else {
                Issue.record("\(String(reflecting: text)) is \(String(describing: address))")
                return
            }
            if address != nil { accepted += 1 }
        }
        // Neither reader is of use here if it refuses, or accepts, nearly all.
        #expect(3_000...17_000 ~= accepted)
    }

    @Test(arguments: seeds)
    func `IPv6 texts are accepted, refused and read as the C library does`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var accepted = 0
        for _ in 0..<Self.textsPerSeed {
            let text = Mutation.text(of: Mutation.ipv6, using: &generator)
            let address = try? IPv6Address(text)
            guard address == InetPton.ipv6(text) else {
                Issue.record("\(String(reflecting: text)) is \(String(describing: address))")
                return
            }
            if address != nil { accepted += 1 }
        }
        #expect(3_000...17_000 ~= accepted)
    }

    @Test(arguments: seeds)
    func `either family's texts without a zone are read by the address of both`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<Self.textsPerSeed {
            let text = Mutation.text(of: Mutation.ipv4 + Mutation.ipv6, using: &generator)
            if text.utf8.contains(UInt8(ascii: "%")) { continue }
            let judged = InetPton.ipv4(text).map(IPAddress.v4) ?? InetPton.ipv6(text).map { .v6($0, zone: nil) }
            guard (try? IPAddress(text)) == judged else {
                Issue.record("\(String(reflecting: text)) is not \(String(describing: judged))")
                return
            }
        }
    }

    /// The contract of `AddressParseError.offset`: what stands before it can still become an address, what stands up to
    /// and with it cannot.
    @Test func `an IPv4 refusal's offset is the first byte that cannot be accepted`() {
        var generator = SeededGenerator(seed: 5)
        var refused = 0
        for _ in 0..<3_000 {
            let text = Mutation.text(of: Mutation.ipv4, using: &generator)
            guard let refusal = Refusal(of: text, by: { text throws(AddressParseError) in try IPv4Address(text) })
            else { continue }
            refused += 1
            #expect(refusal.offset == Self.firstHopeless(in: text, endings: Self.ipv4Endings, judge: InetPton.ipv4))
        }
        #expect(refused > 500)
    }

    @Test func `an IPv6 refusal's offset is the first byte that cannot be accepted`() {
        var generator = SeededGenerator(seed: 6)
        var refused = 0
        for _ in 0..<5_000 {
            let text = Mutation.text(of: Mutation.ipv6, using: &generator)
            // In an IPv4 tail it is the first byte that dotted decimal cannot have, which may be a group's digit.
            if text.utf8.contains(UInt8(ascii: ".")) { continue }
            guard let refusal = Refusal(of: text, by: { text throws(AddressParseError) in try IPv6Address(text) })
            else { continue }
            refused += 1
            #expect(
                refusal.offset == Self.firstHopeless(in: text, endings: Self.ipv6Endings, judge: InetPton.ipv6),
                "\(String(reflecting: text))"
            )
        }
        #expect(refused > 500)
    }

    /// What may complete a beginning.
    private static let ipv4Endings = ["", "0"].flatMap { head in
        (0...3).map { head + String(repeating: ".0", count: $0) }
    }
    private static let ipv6Endings = ["", "0", ":", "::"].flatMap { head in
        (0...7).map { head + String(repeating: ":0", count: $0) }
    }

    /// The first byte with which the text can no longer be completed; its length when only its end is missing.
    private static func firstHopeless<Address>(
        in text: String,
        endings: [String],
        judge: (String) -> Address?
    ) -> Int {
        for length in 1...max(text.utf8.count, 1) {
            let beginning = String(decoding: text.utf8.prefix(length), as: UTF8.self)
            if !endings.contains(where: { judge(beginning + $0) != nil }) { return length - 1 }
        }
        return text.utf8.count
    }
}
