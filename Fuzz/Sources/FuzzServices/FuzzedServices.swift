// SPDX-License-Identifier: Apache-2.0

import GetAddrInfo

/// A services file made of bytes that an attacker has chosen.
struct FuzzedServices {
    let bytes: [UInt8]

    /// What our reader makes of it that cannot be; `nil` for nothing.
    func fault() -> String? {
        let table = ServicesFile(bytes)
        if ServicesFile(bytes + Array("\n# nothing 1/tcp\nnothing\n".utf8)) != table {
            return "a comment says something"
        }
        // The first line that has a word gives its port, so the lines before it give none. Plain loops: what judges is
        // built with all of the sanitizer's checks too, and one processor has ten million inputs to go through.
        var words: [Range<Int>] = []
        var asked = 0
        var line = 0
        var index = 0
        while index < bytes.count, asked < 4 {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\n") {
                index += 1
                line = index
                continue
            }
            if byte == UInt8(ascii: "#") || byte == 0 {
                while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
                continue
            }
            let start = index
            while index < bytes.count, !Self.endsWord(bytes[index]) { index += 1 }
            if start == index {
                index += 1
                continue
            }
            let word = bytes[start..<index]
            let isNew = !words.contains { isSame($0, start..<index) }
            words.append(start..<index)
            guard isNew, line > 0, let port = table.port(of: word, over: "tcp") else { continue }
            asked += 1
            if ServicesFile(Array(bytes[..<line])).port(of: word, over: "tcp") != nil {
                return "port \(port) of a word before its line"
            }
        }
        return nil
    }

    private func isSame(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
        guard one.count == other.count else { return false }
        var offset = 0
        while offset < one.count, bytes[one.lowerBound + offset] == bytes[other.lowerBound + offset] { offset += 1 }
        return offset == one.count
    }

    private static func endsWord(_ byte: UInt8) -> Bool {
        byte == 0x20 || 0x09...0x0D ~= byte || byte == UInt8(ascii: "#") || byte == 0
    }
}
