// SPDX-License-Identifier: Apache-2.0

/// Whether a text is a numeric address, in the forms that a connection string may have.
enum AddressText {
    /// Four numbers from 0 to 255, without zeros before them.
    static func isIPv4(_ text: some StringProtocol) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }) else {
                    return false
                }
                if part.count > 1, part.first == 0x30 { return false }
                return part.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 255
            }
    }

    /// RFC 4291 §2.2: eight groups, or fewer with one `::`; the last two may be an IPv4 address.
    static func isIPv6(_ text: some StringProtocol) -> Bool {
        let halves = halves(of: Array(text.utf8))
        guard (1...2).contains(halves.count) else { return false }
        var groups = 0
        for (index, half) in halves.enumerated() where !half.isEmpty {
            let parts = half.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            for (place, part) in parts.enumerated() {
                let isLast = index == halves.count - 1 && place == parts.count - 1
                if isLast, part.contains(UInt8(ascii: ".")) {
                    guard isIPv4(String(decoding: part, as: UTF8.self)) else { return false }
                    groups += 2
                } else {
                    guard (1...4).contains(part.count), part.allSatisfy(isHexadecimal) else { return false }
                    groups += 1
                }
            }
        }
        return halves.count == 2 ? groups <= 7 : groups == 8
    }

    /// What stands before and behind `::`; one part if there is none, and none at all if there are several.
    private static func halves(of text: [UInt8]) -> [ArraySlice<UInt8>] {
        let colon = UInt8(ascii: ":")
        let places = text.indices.dropLast().filter { text[$0] == colon && text[$0 + 1] == colon }
        switch places.count {
        case 0: return [text[...]]
        case 1: return [text[..<places[0]], text[(places[0] + 2)...]]
        default: return []
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}
