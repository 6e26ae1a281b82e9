// SPDX-License-Identifier: Apache-2.0

/// Walks over a document without making anything: no values, no keys, no reference counts.
///
/// `next()` goes to the next element of a level; `enter()` and `leave()` go down into a nested document or array, and
/// up again, so that no depth asks for recursion. The value is read by the call that fits `type`; another one gives
/// `nil`. Valid only inside the closure of `BSONDocument.read`, and cannot be copied out of it.
public struct BSONReader: ~Copyable {
    @usableFromInline let base: UnsafeRawPointer
    @usableFromInline let storage: [UInt8]
    @usableFromInline var layout: ElementLayout?
    /// Where the next element begins.
    @usableFromInline var position: Int
    /// Where each level goes on that has been entered.
    @usableFromInline var outer: [Int] = []

    /// - Parameter document: Where in `storage`, at `base`, the document begins.
    init(_ base: UnsafeRawPointer, storage: [UInt8], document: Int) {
        self.base = base
        self.storage = storage
        position = document + 4
    }

    /// Goes to the next element of this level; false at its end, also when asked again.
    @inlinable
    public mutating func next() -> Bool {
        layout = ElementLayout(base, at: position)
        guard let layout else { return false }
        position = layout.end
        return true
    }

    /// Goes down into the document, the array or the scope at hand; false, and nothing done, if it is none of these.
    @inlinable
    public mutating func enter() -> Bool {
        guard let layout else { return false }
        switch layout.type {
        case .document, .array:
            position = layout.valueStart + 4
        case .codeWithScope:
            position = layout.valueStart + 8 + base.length(at: layout.valueStart + 4) + 4
        default: return false
        }
        outer.append(layout.end)
        self.layout = nil
        return true
    }

    /// Goes up to the level that `enter()` left, after the element that was entered. False on the outermost level.
    @inlinable
    public mutating func leave() -> Bool {
        guard let end = outer.popLast() else { return false }
        position = end
        layout = nil
        return true
    }

    /// The levels entered and not left.
    @inlinable
    public var depth: Int { outer.count }

    /// The type of the element at hand; `nil` before the first and after the last of a level.
    @inlinable
    public var type: BSONType? { layout?.type }

    /// The key of the element at hand; empty if there is none.
    @inlinable
    public var key: String {
        guard let layout else { return "" }
        return base.text(from: layout.keyStart, to: layout.keyEnd)
    }

    /// Whether the key is `text`, without making a string of it.
    @inlinable
    public func hasKey(_ text: StaticString) -> Bool {
        guard let layout, text.hasPointerRepresentation else { return false }
        let bytes = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        return base.equals(bytes, from: layout.keyStart, to: layout.keyEnd)
    }

    /// The bytes of the element at hand, counted from the start of the shared bytes.
    var elementRange: Range<Int>? { layout.map { $0.start..<$0.end } }

    /// The value as an enum.
    public var value: BSONValue? { layout?.value(base, in: storage) }

    /// The text of a string, a code, with a scope or without, or a symbol.
    @inlinable
    public var string: String? {
        guard let layout else { return nil }
        switch layout.type {
        case .string, .code, .symbol: return base.string(at: layout.valueStart)
        case .codeWithScope: return base.string(at: layout.valueStart + 4)
        default: return nil
        }
    }

    /// The number, if this is an `int32`.
    @inlinable
    public var int32: Int32? {
        guard let layout, layout.type == .int32 else { return nil }
        return Int32(truncatingIfNeeded: base.length(at: layout.valueStart))
    }

    /// The number, if this is an `int64`.
    @inlinable
    public var int64: Int64? {
        guard let layout, layout.type == .int64 else { return nil }
        return Int64(bitPattern: base.bits(at: layout.valueStart))
    }

    /// The number, if this is a double.
    @inlinable
    public var double: Double? {
        guard let layout, layout.type == .double else { return nil }
        return Double(bitPattern: base.bits(at: layout.valueStart))
    }

    /// The truth value, if this is one.
    @inlinable
    public var bool: Bool? {
        guard let layout, layout.type == .bool else { return nil }
        return base.load(fromByteOffset: layout.valueStart, as: UInt8.self) != 0
    }

    /// The object's ID, if this is one.
    @inlinable
    public var objectID: ObjectID? {
        guard let layout, layout.type == .objectID else { return nil }
        return base.objectID(at: layout.valueStart)
    }

    /// The moment, if this is one.
    @inlinable
    public var date: BSONDate? {
        guard let layout, layout.type == .date else { return nil }
        return BSONDate(milliseconds: Int64(bitPattern: base.bits(at: layout.valueStart)))
    }

    /// The decimal number, if this is one.
    @inlinable
    public var decimal128: Decimal128? {
        guard let layout, layout.type == .decimal128 else { return nil }
        return base.decimal128(at: layout.valueStart)
    }
}
