// SPDX-License-Identifier: Apache-2.0

public import BSON

/// The documents that a find or an aggregation has found, batch by batch as they are read.
///
/// ```swift
/// for try await link in try await links.find(["read": false]) { print(link["url"] ?? "") }
/// ```
/// It is read once. The server keeps what is not read yet: when the loop ends early, the task is cancelled or the
/// cursor is dropped, the server is told so (`killCursors`), and the caller does not wait for that.
public struct MongoCursor: AsyncSequence, Sendable {
    /// What comes.
    public typealias Element = BSONDocument
    /// What reading throws.
    public typealias Failure = MongoError

    let state: CursorState

    /// Reads the documents, one at a time.
    public struct AsyncIterator: AsyncIteratorProtocol {
        /// What comes.
        public typealias Element = BSONDocument
        /// What reading throws.
        public typealias Failure = MongoError

        let state: CursorState
        private var batch: BSONArray.Iterator?

        init(_ state: CursorState) {
            self.state = state
        }

        /// The next document; `nil` at the end.
        public mutating func next() async throws(MongoError) -> BSONDocument? {
            try await next(isolation: nil)
        }

        /// The next document; `nil` at the end.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(MongoError) -> BSONDocument? {
            while true {
                if let value = batch?.next() {
                    guard let document = value.document else {
                        throw MongoError(.invalidReply, "a batch with something that is no document")
                    }
                    return document
                }
                batch = nil
                guard let next = try await state.next() else { return nil }
                batch = next.makeIterator()
            }
        }
    }

    /// The reader; a cursor has one.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(state) }

    /// All that is left, in memory.
    ///
    /// - Throws: `MongoError`.
    public func all() async throws(MongoError) -> [BSONDocument] {
        var documents: [BSONDocument] = []
        var iterator = makeAsyncIterator()
        while let document = try await iterator.next() { documents.append(document) }
        return documents
    }

    /// All that is left, as values of a type.
    ///
    /// - Throws: `MongoError`; `DecodingError` for a document that is no such value.
    public func all<Value: Decodable>(as type: Value.Type) async throws -> [Value] {
        let decoder = BSONDecoder()
        return try await all().map { try decoder.decode(type, from: $0) }
    }

    /// The documents as values of a type, as they are read.
    public func decoded<Value: Decodable & Sendable>(
        as type: Value.Type
    ) -> AsyncThrowingMapSequence<MongoCursor, Value> {
        let decoder = BSONDecoder()
        return map { document in try decoder.decode(type, from: document) }
    }

    /// The server is told that the reader has left; it costs nothing after the end.
    public func close() { state.close() }
}
