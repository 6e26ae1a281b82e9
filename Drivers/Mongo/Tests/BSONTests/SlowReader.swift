// SPDX-License-Identifier: Apache-2.0

/// Says whether bytes are a document, as plainly as can be: the twin that the validator is compared with. It recurses,
/// and copies at each step.
enum SlowReader {
    private struct Refused: Error {}

    static func accepts(_ bytes: [UInt8]) -> Bool {
        (try? document(bytes)) != nil
    }

    private static func document(_ bytes: [UInt8]) throws {
        guard bytes.count >= 5, try length(bytes) == bytes.count, bytes.last == 0 else { throw Refused() }
        var rest = Array(bytes[4..<bytes.count - 1])
        while !rest.isEmpty {
            let type = rest.removeFirst()
            try text(&rest)
            try value(type, &rest)
        }
    }

    private static func length(_ bytes: [UInt8]) throws -> Int {
        guard bytes.count >= 4 else { throw Refused() }
        return Int(Int32(bitPattern: bytes[0..<4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }))
    }

    private static func take(_ count: Int, _ rest: inout [UInt8]) throws -> [UInt8] {
        guard count >= 0, count <= rest.count else { throw Refused() }
        defer { rest.removeFirst(count) }
        return Array(rest.prefix(count))
    }

    private static func text(_ rest: inout [UInt8]) throws {
        guard let end = rest.firstIndex(of: 0) else { throw Refused() }
        let bytes = try take(end + 1, &rest)
        guard String(validating: bytes.dropLast(), as: UTF8.self) != nil else { throw Refused() }
    }

    private static func string(_ rest: inout [UInt8]) throws {
        let length = try length(rest)
        guard length >= 1 else { throw Refused() }
        let bytes = try take(4 + length, &rest)
        guard bytes.last == 0, String(validating: bytes[4...].dropLast(), as: UTF8.self) != nil else { throw Refused() }
    }

    private static func value(_ type: UInt8, _ rest: inout [UInt8]) throws {
        switch type {
        case 0x06, 0x0A, 0x7F, 0xFF: break
        case 0x01, 0x09, 0x11, 0x12: _ = try take(8, &rest)
        case 0x10: _ = try take(4, &rest)
        case 0x07: _ = try take(12, &rest)
        case 0x13: _ = try take(16, &rest)
        case 0x08: guard try take(1, &rest)[0] <= 1 else { throw Refused() }
        case 0x02, 0x0D, 0x0E: try string(&rest)
        case 0x03, 0x04: try document(try take(try length(rest), &rest))
        case 0x0B:
            try text(&rest)
            try text(&rest)
        case 0x0C:
            try string(&rest)
            _ = try take(12, &rest)
        case 0x05:
            let length = try length(rest)
            guard length >= 0 else { throw Refused() }
            let bytes = try take(5 + length, &rest)
            if bytes[4] == 2 {
                guard length >= 4, try self.length(Array(bytes[5...])) == length - 4 else { throw Refused() }
            }
        case 0x0F:
            var code = try take(try length(rest), &rest)
            _ = try take(4, &code)
            try string(&code)
            try document(code)
        default: throw Refused()
        }
    }
}
