// SPDX-License-Identifier: Apache-2.0

/// Where the parts of one element lie, as offsets from the bytes' start.
///
/// Reads through a bare pointer: it is given bytes that `DocumentValidator` has accepted, or that this module has
/// written, and nothing else. The walk is where the time of reading goes, and the bounds have been checked once.
@usableFromInline
struct ElementLayout {
    @usableFromInline let type: BSONType
    /// The type's byte.
    @usableFromInline let start: Int
    /// The zero byte after the key.
    @usableFromInline let keyEnd: Int
    /// The first byte after the value.
    @usableFromInline let end: Int

    @inlinable var keyStart: Int { start + 1 }
    @inlinable var valueStart: Int { keyEnd + 1 }

    /// The element at `start`; `nil` at a document's terminator.
    @inlinable @inline(__always)
    init?(_ base: UnsafeRawPointer, at start: Int) {
        guard let type = BSONType.of(base.load(fromByteOffset: start, as: UInt8.self)) else { return nil }
        var at = start + 1
        while base.load(fromByteOffset: at, as: UInt8.self) != 0 { at += 1 }
        self.type = type
        self.start = start
        keyEnd = at
        end = Self.end(of: type, base, at: at + 1)
    }

    @inlinable @inline(__always)
    static func end(of type: BSONType, _ base: UnsafeRawPointer, at value: Int) -> Int {
        switch type {
        case .undefined, .null, .minKey, .maxKey: return value
        case .bool: return value + 1
        case .int32: return value + 4
        case .double, .date, .timestamp, .int64: return value + 8
        case .objectID: return value + 12
        case .decimal128: return value + 16
        case .string, .code, .symbol: return value + 4 + base.length(at: value)
        case .document, .array, .codeWithScope: return value + base.length(at: value)
        case .binary: return value + 5 + base.length(at: value)
        case .dbPointer: return value + 16 + base.length(at: value)
        case .regularExpression: return base.endOfText(at: base.endOfText(at: value) + 1) + 1
        }
    }
}

/// Reading what has been validated; see `ElementLayout`.
extension UnsafeRawPointer {
    @inlinable @inline(__always)
    func length(at offset: Int) -> Int {
        Int(Int32(littleEndian: loadUnaligned(fromByteOffset: offset, as: Int32.self)))
    }

    @inlinable @inline(__always)
    func bits(at offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The zero byte that ends the text at `offset`.
    @inlinable @inline(__always)
    func endOfText(at offset: Int) -> Int {
        var at = offset
        while load(fromByteOffset: at, as: UInt8.self) != 0 { at += 1 }
        return at
    }

    @inlinable @inline(__always)
    func text(from start: Int, to end: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: self + start, count: end - start), as: UTF8.self)
    }

    /// A string's text, whose length stands before it and counts the zero byte at its end.
    @inlinable @inline(__always)
    func string(at offset: Int) -> String {
        text(from: offset + 4, to: offset + 3 + length(at: offset))
    }

    @usableFromInline
    func objectID(at offset: Int) -> ObjectID {
        ObjectID(
            high: UInt64(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
            low: UInt32(bigEndian: loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self))
        )
    }

    @usableFromInline
    func decimal128(at offset: Int) -> Decimal128 {
        Decimal128(high: bits(at: offset + 8), low: bits(at: offset))
    }

    /// Whether the bytes from `start` to `end` are those of `text`.
    @inlinable @inline(__always)
    func equals(_ text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Bool {
        guard text.count == end - start else { return false }
        for index in 0..<text.count where text[index] != load(fromByteOffset: start + index, as: UInt8.self) {
            return false
        }
        return true
    }
}

extension ElementLayout {
    /// The value as an enum; what is nested shares `storage`, whose bytes `base` points to.
    func value(_ base: UnsafeRawPointer, in storage: [UInt8]) -> BSONValue {
        let at = valueStart
        switch type {
        case .double: return .double(Double(bitPattern: base.bits(at: at)))
        case .string: return .string(base.string(at: at))
        case .document: return .document(BSONDocument(storage: storage, start: at, end: end))
        case .array: return .array(BSONArray(BSONDocument(storage: storage, start: at, end: end)))
        case .binary: return .binary(binary(base, in: storage))
        case .undefined: return .undefined
        case .objectID: return .objectID(base.objectID(at: at))
        case .bool: return .bool(base.load(fromByteOffset: at, as: UInt8.self) != 0)
        case .date: return .date(BSONDate(milliseconds: Int64(bitPattern: base.bits(at: at))))
        case .null: return .null
        case .regularExpression: return .regularExpression(regularExpression(base))
        case .dbPointer:
            return .dbPointer(BSONDBPointer(reference: base.string(at: at), id: base.objectID(at: end - 12)))
        case .code: return .code(base.string(at: at))
        case .symbol: return .symbol(base.string(at: at))
        case .codeWithScope:
            let scope = BSONDocument(storage: storage, start: at + 8 + base.length(at: at + 4), end: end)
            return .codeWithScope(BSONCodeWithScope(code: base.string(at: at + 4), scope: scope))
        case .int32: return .int32(Int32(truncatingIfNeeded: base.length(at: at)))
        case .timestamp: return .timestamp(BSONTimestamp(bits: base.bits(at: at)))
        case .int64: return .int64(Int64(bitPattern: base.bits(at: at)))
        case .decimal128: return .decimal128(base.decimal128(at: at))
        case .minKey: return .minKey
        case .maxKey: return .maxKey
        }
    }

    /// A binary without the second length of subtype 2.
    private func binary(_ base: UnsafeRawPointer, in storage: [UInt8]) -> BSONBinary {
        let subtype = BSONBinary.Subtype(rawValue: base.load(fromByteOffset: valueStart + 4, as: UInt8.self))
        let first = valueStart + 5 + (subtype == .binaryOld ? 4 : 0)
        return BSONBinary(storage[first..<end], subtype: subtype)
    }

    private func regularExpression(_ base: UnsafeRawPointer) -> BSONRegularExpression {
        let middle = base.endOfText(at: valueStart)
        return BSONRegularExpression(
            pattern: base.text(from: valueStart, to: middle),
            unsorted: base.text(from: middle + 1, to: end - 1)
        )
    }
}
