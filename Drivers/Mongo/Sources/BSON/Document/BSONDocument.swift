// SPDX-License-Identifier: Apache-2.0

/// An ordered document: a slice of bytes that has been validated once, and is read where it lies.
///
/// A document read out of another shares its bytes, and keeps all of them. Keys may repeat, as in BSON; a look-up
/// finds the first. Two documents are equal if their bytes are: order counts, and so does the type of a number.
public struct BSONDocument: Sendable {
    /// The bytes of this document, and of those around it.
    var storage: [UInt8]
    var start: Int
    var end: Int

    /// For bytes that are known to be a document.
    init(storage: [UInt8], start: Int, end: Int) {
        self.storage = storage
        self.start = start
        self.end = end
    }

    /// An empty document.
    public init() {
        self.init(storage: [5, 0, 0, 0, 0], start: 0, end: 5)
    }

    /// Checks the bytes, all of them, and keeps them as they are.
    /// - Parameters:
    ///   - bytes: Shared, not copied.
    ///   - range: Where the document lies, which it must fill; `nil` for all of the bytes.
    ///   - limits: What is accepted at most.
    /// - Throws: `BSONError`, naming the field and the byte, counted from the document's start. A range that is not in
    ///   the bytes is `truncated`.
    public init(
        validating bytes: [UInt8],
        in range: Range<Int>? = nil,
        limits: BSONLimits = BSONLimits()
    ) throws(BSONError) {
        let range = range ?? 0..<bytes.count
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else {
            throw BSONError(.truncated, "the range \(range) of \(bytes.count) bytes", offset: 0)
        }
        try bytes.withBytes { bytes throws(BSONError) in
            try DocumentValidator.validate(bytes, from: range.lowerBound, to: range.upperBound, limits: limits)
        }
        self.init(storage: bytes, start: range.lowerBound, end: range.upperBound)
    }

    /// The bytes as they go over the wire.
    public var bytes: ArraySlice<UInt8> { storage[start..<end] }

    /// Whether there is no element.
    public var isEmpty: Bool { end - start == 5 }

    /// Walks over the elements without making values.
    public func read<Result, Failure: Error>(
        _ body: (inout BSONReader) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withBase { base throws(Failure) in
            var reader = BSONReader(base, storage: storage, document: start)
            return try body(&reader)
        }
    }

    /// The first value under `key`; `nil` if there is none. Looks at the keys one after the other, and makes only this
    /// value.
    public subscript(key: String) -> BSONValue? {
        withBase { base in element(key, base)?.value(base, in: storage) }
    }

    /// Whether there is a value under `key`.
    public func contains(_ key: String) -> Bool {
        withBase { base in element(key, base) != nil }
    }

    /// The values along keys and an array's indices: `document[path: "a", "b", "3"]`.
    public subscript(path path: String...) -> BSONValue? {
        var value = BSONValue.document(self)
        for key in path {
            switch value {
            case .document(let document):
                guard let next = document[key] else { return nil }
                value = next
            case .array(let array):
                guard let index = Int(key), let next = array[checked: index] else { return nil }
                value = next
            default: return nil
            }
        }
        return value
    }

    private func element(_ key: String, _ base: UnsafeRawPointer) -> ElementLayout? {
        var key = key
        return key.withUTF8 { wanted in
            var at = start + 4
            while let element = ElementLayout(base, at: at) {
                if base.equals(wanted, from: element.keyStart, to: element.keyEnd) { return element }
                at = element.end
            }
            return nil
        }
    }

    /// The bytes of `storage`, from its start.
    func withBase<Result, Failure: Error>(
        _ body: (UnsafeRawPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try storage.withBytes { bytes throws(Failure) in
            // A document has five bytes at least, so there is an address.
            try body(bytes.baseAddress.unsafelyUnwrapped)
        }
    }
}

extension [UInt8] {
    /// As `withUnsafeBytes`, with the type of the error.
    @inline(__always)
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBufferPointer { bytes throws(Failure) in try body(UnsafeRawBufferPointer(bytes)) }
    }
}

extension BSONDocument: Sequence {
    /// One key with its value.
    public typealias Element = (key: String, value: BSONValue)

    /// Walks over the elements, and makes each key and value when it is asked for.
    public struct Iterator: IteratorProtocol {
        private let document: BSONDocument
        private var position: Int

        init(_ document: BSONDocument) {
            self.document = document
            position = document.start + 4
        }

        /// The next one; `nil` at the end.
        public mutating func next() -> Element? {
            let at = position
            let found = document.withBase { base -> (Element, Int)? in
                guard let layout = ElementLayout(base, at: at) else { return nil }
                let key = base.text(from: layout.keyStart, to: layout.keyEnd)
                return ((key, layout.value(base, in: document.storage)), layout.end)
            }
            guard let found else { return nil }
            position = found.1
            return found.0
        }
    }

    /// Walks from the first to the last.
    public func makeIterator() -> Iterator { Iterator(self) }

    /// The keys, in order.
    public var keys: [String] {
        read { reader in
            var keys: [String] = []
            while reader.next() { keys.append(reader.key) }
            return keys
        }
    }

    /// The number of elements: a walk over all of them.
    public var count: Int {
        read { reader in
            var count = 0
            while reader.next() { count += 1 }
            return count
        }
    }
}

extension BSONDocument: Hashable {
    /// Equal if the contents are.
    public static func == (left: BSONDocument, right: BSONDocument) -> Bool {
        left.bytes == right.bytes
    }

    /// Hashes the contents.
    public func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

extension BSONDocument: CustomStringConvertible {
    /// Relaxed extended JSON. It shows every value: not for logs.
    public var description: String { extendedJSON(.relaxed) }
}
