// SPDX-License-Identifier: Apache-2.0

/// Looks at every byte of a document once, before anything reads it: a loop over a stack of levels, no recursion.
struct DocumentValidator {
    /// A document or array that has begun and not ended.
    private struct Level {
        /// The type's byte of the element that holds it; the document's start for the outermost.
        let element: Int
        /// The zero byte that ends it.
        let terminator: Int
        let isArray: Bool
    }

    private let base: UnsafeRawPointer
    private let start: Int
    private let limits: BSONLimits
    private var levels: [Level] = []

    /// Checks the document in `bytes[start..<end]`, which it must fill.
    static func validate(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int,
        to end: Int,
        limits: BSONLimits
    ) throws(BSONError) {
        guard let base = bytes.baseAddress, end - start >= 5 else {
            throw BSONError(.truncated, "a document has at least five bytes, not \(end - start)", offset: 0)
        }
        var validator = DocumentValidator(base: base, start: start, limits: limits)
        try validator.run(to: end)
    }

    private init(base: UnsafeRawPointer, start: Int, limits: BSONLimits) {
        self.base = base
        self.start = start
        self.limits = limits
    }

    private mutating func run(to end: Int) throws(BSONError) {
        let length = base.length(at: start)
        if length != end - start {
            throw error(length > end - start ? .truncated : .invalidLength, "length \(length) of \(end - start) bytes")
        }
        if length > limits.size { throw error(.tooLarge, "\(length) bytes, over \(limits.size)") }
        try enter(at: start, element: start, end: end, isArray: false)
        var at = start + 4
        var terminator = end - 1
        while true {
            if at == terminator {
                levels.removeLast()
                at += 1
                guard let outer = levels.last else { return }
                terminator = outer.terminator
                continue
            }
            let raw = base.load(fromByteOffset: at, as: UInt8.self)
            guard let type = BSONType.of(raw) else {
                if raw == 0 { throw error(.invalidTerminator, "a zero byte where an element should begin", at: at) }
                throw error(.unknownType, "type \(raw)", at: at)
            }
            let value = try text("key", element: at, at: at + 1, before: terminator)
            let room = terminator - value
            let length = try self.length(of: type, element: at, at: value, room: room)
            guard length <= room else { throw error(.truncated, "\(length) bytes in \(room)", element: at, at: value) }
            let next = value + length
            switch type {
            case .document, .array:
                try enter(at: value, element: at, end: next, isArray: type == .array)
                terminator = next - 1
                at = value + 4
            case .codeWithScope:
                let scope = try self.scope(element: at, at: value, end: next)
                try enter(at: scope, element: at, end: next, isArray: false)
                terminator = next - 1
                at = scope + 4
            default:
                try check(type, element: at, at: value, end: next)
                at = next
            }
        }
    }

    private mutating func enter(at document: Int, element: Int, end: Int, isArray: Bool) throws(BSONError) {
        guard levels.count < limits.depth else {
            throw error(.tooDeep, "over \(limits.depth) levels", element: element, at: document)
        }
        guard end - document >= 5, base.length(at: document) == end - document else {
            throw error(.invalidLength, "a document's length", element: element, at: document)
        }
        guard base.load(fromByteOffset: end - 1, as: UInt8.self) == 0 else {
            throw error(
                .invalidTerminator,
                "a document that does not end with a zero byte",
                element: element,
                at: end - 1
            )
        }
        levels.append(Level(element: element, terminator: end - 1, isArray: isArray))
    }

    /// The bytes that a value says it has; its own room is checked by the caller.
    @inline(__always)
    private func length(of type: BSONType, element: Int, at value: Int, room: Int) throws(BSONError) -> Int {
        switch type {
        case .undefined, .null, .minKey, .maxKey: return 0
        case .bool: return 1
        case .int32: return 4
        case .double, .date, .timestamp, .int64: return 8
        case .objectID: return 12
        case .decimal128: return 16
        case .string, .code, .symbol: return 4 + (try written(1, element: element, at: value, room: room))
        case .document, .array: return try written(5, element: element, at: value, room: room)
        case .codeWithScope: return try written(14, element: element, at: value, room: room)
        case .binary: return 5 + (try written(0, element: element, at: value, room: room))
        case .dbPointer: return 16 + (try written(1, element: element, at: value, room: room))
        case .regularExpression:
            let middle = try text("pattern", element: element, at: value, before: value + room)
            return try text("options", element: element, at: middle, before: value + room) - value
        }
    }

    /// A length out of the bytes.
    @inline(__always)
    private func written(_ least: Int, element: Int, at value: Int, room: Int) throws(BSONError) -> Int {
        guard room >= 4 else { throw error(.truncated, "a length in \(room) bytes", element: element, at: value) }
        let length = base.length(at: value)
        guard length >= least else { throw error(.invalidLength, "length \(length)", element: element, at: value) }
        return length
    }

    /// The first byte after a text that a zero byte ends.
    @inline(__always)
    private func text(_ what: StaticString, element: Int, at first: Int, before end: Int) throws(BSONError) -> Int {
        var at = first
        var all: UInt8 = 0
        while at < end {
            let byte = base.load(fromByteOffset: at, as: UInt8.self)
            if byte == 0 {
                if all >= 0x80, !UTF8Validation.isValid(base, from: first, to: at) {
                    throw error(.invalidText, "a \(what) that is no UTF-8", at: first)
                }
                return at + 1
            }
            all |= byte
            at += 1
        }
        throw error(.truncated, "a \(what) without its end", at: first)
    }

    /// Where the scope of a code with scope begins.
    private func scope(element: Int, at value: Int, end: Int) throws(BSONError) -> Int {
        let length = base.length(at: value + 4)
        // The length itself, the code's, and a scope of at least five bytes.
        guard length >= 1, length <= end - value - 13 else {
            throw error(.invalidLength, "code of length \(length)", element: element, at: value + 4)
        }
        try string(element: element, at: value + 4, end: value + 8 + length)
        return value + 8 + length
    }

    /// A string, its length included.
    @inline(__always)
    private func string(element: Int, at value: Int, end: Int) throws(BSONError) {
        guard base.load(fromByteOffset: end - 1, as: UInt8.self) == 0 else {
            throw error(
                .invalidTerminator,
                "a string that does not end with a zero byte",
                element: element,
                at: end - 1
            )
        }
        guard UTF8Validation.isValid(base, from: value + 4, to: end - 1) else {
            throw error(.invalidText, "a string that is no UTF-8", element: element, at: value + 4)
        }
    }

    @inline(__always)
    private func check(_ type: BSONType, element: Int, at value: Int, end: Int) throws(BSONError) {
        switch type {
        case .string, .code, .symbol: try string(element: element, at: value, end: end)
        case .dbPointer: try string(element: element, at: value, end: end - 12)
        case .bool:
            let byte = base.load(fromByteOffset: value, as: UInt8.self)
            guard byte <= 1 else { throw error(.invalidBool, "truth value \(byte)", element: element, at: value) }
        case .binary:
            guard base.load(fromByteOffset: value + 4, as: UInt8.self) == BSONBinary.Subtype.binaryOld.rawValue else {
                return
            }
            guard end - value >= 9, base.length(at: value + 5) == end - value - 9 else {
                throw error(.invalidLength, "the second length of a binary", element: element, at: value + 5)
            }
        default: break
        }
    }

    // MARK: - Errors

    private func error(_ code: BSONError.Code, _ detail: String, element: Int? = nil, at offset: Int? = nil)
        -> BSONError
    {
        var path = levels.dropFirst().map { $0.element }
        if let element, element != start, path.last != element { path.append(element) }
        // Each element of the path lies in the level before its own.
        let keys = zip(path, levels).map { element, level in key(of: element, in: level) }
        return BSONError(code, detail, path: keys.joined(separator: "."), offset: (offset ?? start) - start)
    }

    /// In an array the key is the place, whatever the bytes say: they may say nothing.
    private func key(of element: Int, in level: Level) -> String {
        guard level.isArray else { return base.text(from: element + 1, to: base.endOfText(at: element + 1)) }
        var at = (level.element == start ? start : base.endOfText(at: level.element + 1) + 1) + 4
        var index = 0
        while at < element, let layout = ElementLayout(base, at: at) {
            at = layout.end
            index += 1
        }
        return String(index)
    }
}
