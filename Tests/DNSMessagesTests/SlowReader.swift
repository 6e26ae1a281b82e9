// SPDX-License-Identifier: Apache-2.0

import DNSMessages

/// Reads messages the obvious way: whole, by recursion, with no regard to speed. What it throws is only "no".
struct SlowReader {
    struct Refusal: Error {}

    let bytes: [UInt8]
    var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        rest = bytes[...]
    }

    mutating func byte() throws -> Int {
        guard let first = rest.popFirst() else { throw Refusal() }
        return Int(first)
    }

    mutating func two() throws -> Int { try byte() * 256 + byte() }

    /// The labels of a name that begins here and may only point to what is before `start`, where this piece of it
    /// begins.
    static func labels(_ bytes: ArraySlice<UInt8>, start: Int, whole: [UInt8]) throws -> ([[UInt8]], Int) {
        guard let first = bytes.first else { throw Refusal() }
        let after = bytes.dropFirst()
        switch first {
        case 0: return ([], bytes.startIndex + 1)
        case 1..<64:
            guard after.count > Int(first) else { throw Refusal() }
            let (rest, end) = try labels(after.dropFirst(Int(first)), start: start, whole: whole)
            return ([Array(after.prefix(Int(first)))] + rest, end)
        case 192...:
            guard let second = after.first else { throw Refusal() }
            let target = Int(first - 192) * 256 + Int(second)
            guard target < start, target >= 12 else { throw Refusal() }
            let (rest, _) = try labels(whole[target..<bytes.startIndex], start: target, whole: whole)
            return (rest, bytes.startIndex + 2)
        default: throw Refusal()
        }
    }

    mutating func name() throws -> [[UInt8]] {
        let (labels, end) = try Self.labels(rest, start: rest.startIndex, whole: bytes)
        guard labels.reduce(1, { $0 + 1 + $1.count }) <= 255 else { throw Refusal() }
        rest = rest[end...]
        return labels
    }

    /// Identifier and flags, questions, and for each record its section, name, type, class, time to live and data.
    struct Contents: Hashable {
        struct Entry: Hashable {
            let section: Int
            let name: [[UInt8]]
            let numbers: [Int]
            let data: [UInt8]
        }

        var head: [Int] = []
        var questions: [Entry] = []
        var records: [Entry] = []
    }

    mutating func contents() throws -> Contents {
        var contents = Contents(head: [try two(), try two()])
        let counts = [try two(), try two(), try two(), try two()]
        for _ in 0..<counts[0] {
            contents.questions.append(.init(section: 0, name: try name(), numbers: [try two(), try two()], data: []))
        }
        for section in 1...3 {
            for _ in 0..<counts[section] {
                let name = try name()
                let numbers = [try two(), try two(), try two(), try two()]
                let length = try two()
                guard rest.count >= length else { throw Refusal() }
                contents.records.append(
                    .init(section: section, name: name, numbers: numbers, data: Array(rest.prefix(length)))
                )
                rest = rest.dropFirst(length)
            }
        }
        return contents
    }
}
