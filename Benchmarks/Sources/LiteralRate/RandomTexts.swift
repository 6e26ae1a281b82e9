// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// Texts of each class, the same for the same seed.
struct RandomTexts {
    let ipv4: [String]
    let ipv6: [String]
    /// With their last 32 bits in dotted decimal: these the vectors leave to the plain reader.
    let tailedIPv6: [String]
    let names: [String]

    init(count: Int, seed: UInt64) {
        var generator = SplitMix64(state: seed)
        ipv4 = (0..<count).map { _ in "\(IPv4Address(bits: .random(in: 0...(.max), using: &generator)))" }
        ipv6 = (0..<count).map { _ in
            "\(IPv6Address(high: .random(in: 0...(.max), using: &generator), low: .random(in: 0...(.max), using: &generator)))"
        }
        tailedIPv6 = (0..<count).map { _ in
            "64:ff9b::\(IPv4Address(bits: .random(in: 0...(.max), using: &generator)))"
        }
        names = (0..<count).map { _ in Self.name(&generator) }
    }

    /// One to four labels of 3 … 12 letters, digits and hyphens, a letter first (RFC 952), and one of a few top labels.
    private static func name(_ generator: inout SplitMix64) -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789-")
        let labels = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
            String(
                (0..<Int.random(in: 3...12, using: &generator)).map { index in
                    letters.prefix(index == 0 ? 26 : letters.count).randomElement(using: &generator) ?? "a"
                }
            )
        }
        let top = ["com", "org", "net", "internal", "example"].randomElement(using: &generator) ?? "com"
        return (labels + [top]).joined(separator: ".")
    }
}
