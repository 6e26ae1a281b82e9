// SPDX-License-Identifier: Apache-2.0

/// A growing run of bytes, and the few ways in which BSON writes into it. Checks nothing: the callers do.
///
/// Memory of its own, since `Array` asks at each write whether it is shared. Each write goes through `reserve`.
struct ByteWriter: ~Copyable {
    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = max(capacity, 16)
        memory = .allocate(byteCount: self.capacity, alignment: 8)
    }

    deinit { memory.deallocate() }

    /// What `body` writes.
    static func bytes(startingWith capacity: Int, _ body: (inout ByteWriter) -> Void) -> [UInt8] {
        var writer = ByteWriter(capacity: capacity)
        body(&writer)
        return writer.array
    }

    var array: [UInt8] { Array(UnsafeRawBufferPointer(start: memory, count: count)) }

    /// The bytes so far; valid until the next write.
    var base: UnsafeRawPointer { UnsafeRawPointer(memory) }

    @inline(__always)
    mutating func reserve(_ more: Int) {
        if capacity - count < more { grow(more) }
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        let larger = max(capacity * 2, count + more)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 8)
        moved.copyMemory(from: memory, byteCount: count)
        memory.deallocate()
        memory = moved
        capacity = larger
    }

    mutating func clear() { count = 0 }

    /// Takes back what was written from `count` on.
    mutating func truncate(to count: Int) { self.count = count }

    @inline(__always)
    mutating func byte(_ value: UInt8) {
        reserve(1)
        memory.storeBytes(of: value, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    @inline(__always)
    mutating func integer<Number: FixedWidthInteger & BitwiseCopyable>(_ value: Number) {
        reserve(MemoryLayout<Number>.size)
        memory.storeBytes(of: value.littleEndian, toByteOffset: count, as: Number.self)
        count += MemoryLayout<Number>.size
    }

    mutating func bytes(_ bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count)
        if let source = bytes.baseAddress { (memory + count).copyMemory(from: source, byteCount: bytes.count) }
        count += bytes.count
    }

    @inline(__always)
    mutating func patch(_ value: Int32, at offset: Int) {
        memory.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Int32.self)
    }

    mutating func patch(_ value: UInt8, at offset: Int) {
        memory.storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
    }

    /// Makes room at `offset`, and puts the bytes there.
    mutating func insert(_ bytes: [UInt8], at offset: Int) {
        reserve(bytes.count)
        (memory + offset + bytes.count).copyMemory(from: memory + offset, byteCount: count - offset)
        bytes.withUnsafeBytes { source in
            guard let address = source.baseAddress else { return }
            (memory + offset).copyMemory(from: address, byteCount: source.count)
        }
        count += bytes.count
    }

    // MARK: - BSON's pieces

    /// The text and nothing else. False, and nothing that counts is written, if it has a zero byte where it may not.
    @inline(__always)
    @discardableResult
    mutating func text(_ text: String, mayHaveZero: Bool) -> Bool {
        var text = text
        let length = text.withUTF8 { source in
            reserve(source.count + 1)
            let target = memory + count
            var isClean = true
            if mayHaveZero || source.count > 32 {
                if let address = source.baseAddress { target.copyMemory(from: address, byteCount: source.count) }
                if !mayHaveZero { isClean = !source.contains(0) }
            } else {
                // Keys are short: one loop copies and looks.
                for index in 0..<source.count {
                    let byte = source[index]
                    if byte == 0 { isClean = false }
                    target.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
                }
            }
            return isClean ? source.count : -1
        }
        guard length >= 0 else { return false }
        count += length
        return true
    }

    /// Text that a zero byte ends.
    @inline(__always)
    @discardableResult
    mutating func terminatedText(_ text: String) -> Bool {
        guard self.text(text, mayHaveZero: false) else { return false }
        byte(0)
        return true
    }

    /// Text with its length before it.
    mutating func string(_ text: String) {
        let start = count
        integer(Int32(0))
        self.text(text, mayHaveZero: true)
        byte(0)
        patch(Int32(truncatingIfNeeded: count - start - 4), at: start)
    }

    mutating func objectID(_ id: ObjectID) {
        integer(id.high.byteSwapped)
        integer(id.low.byteSwapped)
    }

    /// The type, and an array's key: decimal digits.
    mutating func header(_ type: BSONType, index: Int) { header(type.rawValue, index: index) }

    mutating func header(_ type: UInt8, index: Int) {
        // The type, ten digits at most, and the zero byte: an array of more does not fit into a document.
        reserve(12)
        var rest = UInt32(truncatingIfNeeded: index)
        var digits = 1
        var bound: UInt32 = 10
        while digits < 10, rest >= bound {
            digits += 1
            bound = digits < 10 ? bound * 10 : .max
        }
        memory.storeBytes(of: type, toByteOffset: count, as: UInt8.self)
        memory.storeBytes(of: 0, toByteOffset: count + digits + 1, as: UInt8.self)
        for place in stride(from: count + digits, to: count, by: -1) {
            memory.storeBytes(of: UInt8(truncatingIfNeeded: rest % 10) + 0x30, toByteOffset: place, as: UInt8.self)
            rest /= 10
        }
        count += digits + 2
    }

    /// Leaves room for the length; the result goes to `endDocument`.
    mutating func beginDocument() -> Int {
        integer(Int32(0))
        return count - 4
    }

    mutating func endDocument(from start: Int) {
        byte(0)
        patch(Int32(truncatingIfNeeded: count - start), at: start)
    }

    /// The value without its type and key.
    mutating func body(of value: BSONValue) {
        switch value {
        case .double(let value): integer(value.bitPattern)
        case .string(let text), .code(let text), .symbol(let text): string(text)
        case .document(let document): document.bytes.withUnsafeBytes { bytes($0) }
        case .array(let array): array.document.bytes.withUnsafeBytes { bytes($0) }
        case .binary(let binary): body(of: binary)
        case .undefined, .null, .minKey, .maxKey: break
        case .objectID(let id): objectID(id)
        case .bool(let value): byte(value ? 1 : 0)
        case .date(let date): integer(date.milliseconds)
        case .regularExpression(let expression):
            terminatedText(expression.pattern)
            terminatedText(expression.options)
        case .dbPointer(let pointer):
            string(pointer.reference)
            objectID(pointer.id)
        case .codeWithScope(let code):
            let start = count
            integer(Int32(0))
            string(code.code)
            code.scope.bytes.withUnsafeBytes { bytes($0) }
            patch(Int32(truncatingIfNeeded: count - start), at: start)
        case .int32(let value): integer(value)
        case .timestamp(let timestamp): integer(timestamp.bits)
        case .int64(let value): integer(value)
        case .decimal128(let value):
            integer(value.low)
            integer(value.high)
        }
    }

    mutating func body(of binary: BSONBinary) {
        let isOld = binary.subtype == .binaryOld
        integer(Int32(truncatingIfNeeded: binary.bytes.count + (isOld ? 4 : 0)))
        byte(binary.subtype.rawValue)
        if isOld { integer(Int32(truncatingIfNeeded: binary.bytes.count)) }
        binary.bytes.withUnsafeBytes { bytes($0) }
    }
}
