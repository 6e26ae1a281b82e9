// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import Testing

/// The reader that takes many bytes at a time may say no to anything, and otherwise says what the plain one says.
@Suite struct `Reading with vectors` {
    private static let seeds: [UInt64] = [11, 12, 13, 14]
    private static let textsPerSeed = 50_000

    @Test(arguments: seeds)
    func `IPv4 agrees with the plain reader, whatever the text`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var read = 0
        for _ in 0..<Self.textsPerSeed {
            let text = Mutation.text(of: Mutation.ipv4, using: &generator)
            Self.inItsOwnMemory(text) { bytes in
                guard let quick = IPv4Address(swiftly: bytes) else { return }
                read += 1
                let plain = try? IPv4Address(plainly: bytes)
                if plain != quick { Issue.record("\(String(reflecting: text)) is \(quick)") }
            }
        }
        #if arch(x86_64)
            // Neither reader is of use here if it refuses, or accepts, nearly all.
            #expect(7_000...42_000 ~= read)
        #endif
    }

    @Test(arguments: seeds)
    func `IPv6 agrees with the plain reader, whatever the text`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var read = 0
        for _ in 0..<Self.textsPerSeed {
            let text =
                Bool.random(using: &generator)
                ? Mutation.text(of: Mutation.ipv6, using: &generator)
                : Mutation.text(of: [Self.randomIPv6(&generator)], using: &generator)
            Self.inItsOwnMemory(text) { bytes in
                guard let quick = IPv6Address(swiftly: bytes) else { return }
                read += 1
                let plain = try? IPv6Address(plainly: bytes)
                if plain != quick { Issue.record("\(String(reflecting: text)) is \(quick)") }
            }
        }
        #if arch(x86_64)
            #expect(7_000...42_000 ~= read)
        #endif
    }

    #if arch(x86_64)
        @Test func `every choice of an IPv4 address's lengths is read`() {
            let octets = ["0", "9", "10", "99", "100", "249", "255"]
            for first in octets {
                for second in octets {
                    for third in octets {
                        for fourth in octets {
                            let text = "\(first).\(second).\(third).\(fourth)"
                            Self.inItsOwnMemory(text) { #expect(IPv4Address(swiftly: $0)?.description == text) }
                        }
                    }
                }
            }
        }
    #endif

    /// Words of one to four digits, in upper and lower case, with a gap in half of them.
    private static func randomIPv6(_ generator: inout SeededGenerator) -> String {
        var groups = (0..<8).map { _ in
            String(UInt16.random(in: 0...(.max), using: &generator) >> [0, 0, 4, 8, 12].pick(&generator), radix: 16)
        }
        if Bool.random(using: &generator) { groups = groups.map { $0.uppercased() } }
        guard Bool.random(using: &generator) else { return groups.joined(separator: ":") }
        let before = Int.random(in: 0...7, using: &generator)
        let after = Int.random(in: 0...(7 - before), using: &generator)
        return groups.prefix(before).joined(separator: ":") + "::" + groups.suffix(after).joined(separator: ":")
    }

    /// The text's bytes in memory of just their size, so that a sanitizer sees a look beyond either end.
    private static func inItsOwnMemory(_ text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
        defer { bytes.deallocate() }
        _ = bytes.initialize(from: text.utf8)
        body(UnsafeBufferPointer(bytes))
    }
}
