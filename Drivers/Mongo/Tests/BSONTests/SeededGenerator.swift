// SPDX-License-Identifier: Apache-2.0

import BSON

/// Random numbers that a seed repeats (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func text() -> String {
        let pieces = ["a", "b.c", "$d", "é", "☆", "𝄞", " ", "\"", "\\", "x\n", "long enough to need its own memory"]
        return (0..<Int.random(in: 0...3, using: &self)).map { _ in pieces[Int.random(in: 0..<11, using: &self)] }
            .joined()
    }

    mutating func document(depth: Int) throws -> BSONDocument {
        var document = BSONDocument()
        for _ in 0..<Int.random(in: 0...6, using: &self) { try document.append(value(depth: depth), forKey: text()) }
        return document
    }

    mutating func value(depth: Int) throws -> BSONValue {
        let bits: UInt64 = next()
        let types = BSONType.allCases
        switch types[Int.random(in: 0..<types.count, using: &self)] {
        case .double: return .double(Double(bitPattern: bits).isNaN ? 0.5 : Double(bitPattern: bits))
        case .string: return .string(text() + "\0")
        case .document: return depth > 0 ? .document(try document(depth: depth - 1)) : .null
        case .array:
            guard depth > 0 else { return .null }
            return .array(BSONArray(try (0..<Int(bits % 12)).map { _ in try value(depth: depth - 1) }))
        case .binary:
            let bytes = (0..<Int(bits % 9)).map { UInt8(truncatingIfNeeded: $0 &* 77) }
            return .binary(BSONBinary(bytes, subtype: .init(rawValue: UInt8(truncatingIfNeeded: bits >> 8))))
        case .undefined: return .undefined
        case .objectID: return .objectID(ObjectIDGenerator(random: &self).next(at: UInt32(truncatingIfNeeded: bits)))
        case .bool: return .bool(bits & 1 == 0)
        case .date: return .date(BSONDate(milliseconds: Int64(bitPattern: bits >> (bits % 30))))
        case .null: return .null
        case .regularExpression: return .regularExpression(try BSONRegularExpression(pattern: text(), options: "mix"))
        case .dbPointer: return .dbPointer(BSONDBPointer(reference: text(), id: ObjectID()))
        case .code: return .code(text())
        case .symbol: return .symbol(text())
        case .codeWithScope:
            return .codeWithScope(BSONCodeWithScope(code: text(), scope: try document(depth: max(0, depth - 1))))
        case .int32: return .int32(Int32(truncatingIfNeeded: bits))
        case .timestamp:
            return .timestamp(BSONTimestamp(seconds: UInt32(truncatingIfNeeded: bits), increment: UInt32(bits >> 32)))
        case .int64: return .int64(Int64(bitPattern: bits))
        case .decimal128: return .decimal128(Decimal128(Int64(bitPattern: bits)))
        case .maxKey: return .maxKey
        case .minKey: return .minKey
        }
    }
}
