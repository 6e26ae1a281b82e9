// SPDX-License-Identifier: Apache-2.0

/// The bytes that are decoded, and where the last field was found: the next is mostly the one after it.
///
/// Of fields that have the same key the first one counts, as it does for `BSONDocument`'s subscript. So that this need
/// not be looked for with every field, the keys that were passed on the way are noted in a few bits each.
final class DecodingSource {
    /// How far one document has been read.
    struct Position {
        /// Where the document begins; -1 for none.
        var document = -1
        /// The field that was found last: its type byte.
        var element = -1
        /// What is known of the keys before it.
        var passed = PassedKeys()
        /// Whether it has an index, which is asked instead.
        var isIndexed = false
    }

    let document: BSONDocument
    let userInfo: [CodingUserInfoKey: any Sendable]
    /// In memory of its own, as the encoder's state is.
    private let last: UnsafeMutablePointer<Position>
    /// The first field of each key, of documents with many fields, by where those begin.
    private var indexes: [Int: [[UInt8]: Int]] = [:]

    init(_ document: BSONDocument, userInfo: [CodingUserInfoKey: any Sendable]) {
        self.document = document
        self.userInfo = userInfo
        last = .allocate(capacity: 1)
        last.initialize(to: Position())
    }

    deinit { last.deallocate() }

    var root: ValueDecoder {
        ValueDecoder(source: self, start: Int32(truncatingIfNeeded: document.start), type: .document)
    }

    @inline(__always)
    func withBase<Result>(_ body: (UnsafeRawPointer) throws -> Result) rethrows -> Result {
        try document.storage.withUnsafeBytes { try body($0.baseAddress.unsafelyUnwrapped) }
    }

    /// Where reading stands: it is kept over a value that has fields of its own.
    @inline(__always)
    var position: Position {
        get { last.pointee }
        set { last.pointee = newValue }
    }

    /// The first field `key` of the document that begins at `start`.
    @inline(__always)
    func element(_ key: String, in start: Int) -> ElementLayout? {
        if last.pointee.document != start { begin(start) }
        if last.pointee.isIndexed { return indexed(key, in: start) }
        var key = key
        let found = key.withUTF8 { wanted in
            withBase { base -> ElementLayout?? in
                let (from, before) = (last.pointee.element, last.pointee.passed)
                var passed = before
                let ahead = find(wanted, base, from: from, to: .max, &passed)
                // No equal key is before the field that was found last.
                if let ahead, ahead.start == from { return .some(ahead) }
                if before.mayHave(wanted) {
                    guard !before.areMany else { return .none }
                    var passed = PassedKeys()
                    if let first = find(wanted, base, from: start + 4, to: from, &passed) {
                        (last.pointee.element, last.pointee.passed) = (first.start, passed)
                        return .some(first)
                    }
                }
                if let ahead { (last.pointee.element, last.pointee.passed) = (ahead.start, passed) }
                return .some(ahead)
            }
        }
        return found ?? indexed(key, in: start)
    }

    /// Another document is read than before.
    private func begin(_ start: Int) {
        last.pointee = Position(document: start, element: start + 4, isIndexed: indexes[start] != nil)
    }

    @inline(__always)
    private func find(
        _ wanted: UnsafeBufferPointer<UInt8>,
        _ base: UnsafeRawPointer,
        from: Int,
        to end: Int,
        _ passed: inout PassedKeys
    ) -> ElementLayout? {
        var at = from
        while at < end, let element = ElementLayout(base, at: at) {
            if base.equals(wanted, from: element.keyStart, to: element.keyEnd) { return element }
            passed.add(base, from: element.keyStart, to: element.keyEnd)
            at = element.end
        }
        return nil
    }

    /// A document of many fields is walked over once: else each of them would ask for a walk of its own.
    private func indexed(_ key: String, in start: Int) -> ElementLayout? {
        last.pointee.isIndexed = true
        let index = indexes[start] ?? index(of: start)
        // By their bytes: texts are equal that only look the same.
        return index[Array(key.utf8)].flatMap { at in withBase { ElementLayout($0, at: at) } }
    }

    private func index(of start: Int) -> [[UInt8]: Int] {
        let made = withBase { base in
            var index: [[UInt8]: Int] = [:]
            var at = start + 4
            while let element = ElementLayout(base, at: at) {
                let length = element.keyEnd - element.keyStart
                let key = Array(UnsafeRawBufferPointer(start: base + element.keyStart, count: length))
                if index[key] == nil { index[key] = element.start }
                at = element.end
            }
            return index
        }
        indexes[start] = made
        return made
    }

    // MARK: - Errors

    /// The keys that lead to the value at `offset`: found again by a walk, so that decoding need not keep them.
    func path(to offset: Int) -> [any CodingKey] {
        withBase { base in
            var keys: [any CodingKey] = []
            var at = document.start + 4
            var isArray = false
            var index = 0
            while offset >= at, let element = ElementLayout(base, at: at) {
                guard offset < element.end || offset == element.valueStart else {
                    at = element.end
                    index += 1
                    continue
                }
                let text = base.text(from: element.keyStart, to: element.keyEnd)
                keys.append(isArray ? BSONKey(intValue: index) : BSONKey(stringValue: text))
                switch element.type {
                case .document, .array:
                    at = element.valueStart + 4
                    isArray = element.type == .array
                    index = 0
                default: return keys
                }
                if offset < at { return keys }
            }
            return keys
        }
    }

    func context(_ detail: String, at offset: Int) -> DecodingError.Context {
        let path = path(to: offset)
        let field = path.isEmpty ? "the document" : path.map(\.stringValue).joined(separator: ".").printable
        let place = offset - document.start
        return .init(codingPath: path, debugDescription: "\(detail): \(field), at byte \(place)")
    }
}
