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
        let isSpace = { (byte: UInt8) in byte == 0x20 || 0x09...0x0D ~= byte }
        let lines = bytes.split(separator: UInt8(ascii: "\n")).map { line in
            line.prefix { $0 != UInt8(ascii: "#") && $0 != 0 }
        }
        let words = Set(lines.flatMap { $0.split(whereSeparator: isSpace) }).prefix(16)
        for word in words {
            guard let port = table.port(of: word, over: "tcp") else { continue }
            // The first line that has the word gives its port, so what is before it gives none.
            let first = lines.firstIndex { $0.split(whereSeparator: isSpace).contains(word) }
            guard let first else { return "a port of a word that is in no line" }
            if ServicesFile(Array(lines[..<first].joined(separator: "\n".utf8))).port(of: word, over: "tcp") != nil {
                return "port \(port) of a word before its line"
            }
        }
        return nil
    }
}
