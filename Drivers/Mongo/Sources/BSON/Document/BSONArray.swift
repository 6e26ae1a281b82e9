// SPDX-License-Identifier: Apache-2.0

/// An array: in the bytes a document whose keys are numbers. What the keys say is not looked at, only their order.
public struct BSONArray: Sendable, Hashable {
    /// The bytes.
    let document: BSONDocument

    init(_ document: BSONDocument) {
        self.document = document
    }

    /// An array of these values. One that would be over 2 GiB, which BSON cannot say, traps.
    public init(_ values: some Sequence<BSONValue>) {
        let bytes = ByteWriter.bytes(startingWith: 64) { writer in
            let start = writer.beginDocument()
            for (index, value) in values.enumerated() {
                writer.header(value.type, index: index)
                writer.body(of: value)
            }
            writer.endDocument(from: start)
        }
        precondition(bytes.count <= Int32.max, "an array over 2 GiB")
        document = BSONDocument(storage: bytes, start: 0, end: bytes.count)
    }

    /// The value at an index, by a walk from the first; `nil` where there is none.
    public subscript(checked index: Int) -> BSONValue? {
        guard index >= 0 else { return nil }
        return read { reader in
            var left = index
            while reader.next() {
                if left == 0 { return reader.value }
                left -= 1
            }
            return nil
        }
    }

    /// The number of values: a walk over all of them.
    public var count: Int { document.count }

    /// Whether there is no value.
    public var isEmpty: Bool { document.isEmpty }

    /// Walks over the values without making them.
    public func read<Result, Failure: Error>(
        _ body: (inout BSONReader) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try document.read(body)
    }
}

extension BSONArray: Sequence {
    /// Walks over the values, and makes each when it is asked for.
    public struct Iterator: IteratorProtocol {
        private var elements: BSONDocument.Iterator

        init(_ array: BSONArray) {
            elements = array.document.makeIterator()
        }

        /// The next one; `nil` at the end.
        public mutating func next() -> BSONValue? { elements.next()?.value }
    }

    /// Walks from the first to the last.
    public func makeIterator() -> Iterator { Iterator(self) }
}

extension BSONArray: ExpressibleByArrayLiteral, CustomStringConvertible {
    /// An array of these values.
    public init(arrayLiteral elements: BSONValue...) { self.init(elements) }

    /// Relaxed extended JSON. It shows every value: not for logs.
    public var description: String { extendedJSON(.relaxed) }
}
