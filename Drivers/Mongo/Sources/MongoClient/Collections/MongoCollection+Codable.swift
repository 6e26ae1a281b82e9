// SPDX-License-Identifier: Apache-2.0

public import BSON

/// The same for values that are `Codable`: they are coded as `BSONEncoder` and `BSONDecoder` do it. A literal
/// is a document, and no dictionary.
extension MongoCollection {
    /// Inserts a value; one that writes no `_id` is given one.
    ///
    /// - Throws: `MongoError`; `EncodingError` for a value that is no document.
    @_disfavoredOverload
    @discardableResult
    public func insertOne<Value: Encodable>(
        _ value: Value,
        _ options: InsertOptions = InsertOptions()
    ) async throws -> InsertOneResult {
        try await insertOne(BSONEncoder().encode(value), options)
    }

    /// Inserts values; those that write no `_id` are given one.
    ///
    /// - Throws: `MongoError`; `EncodingError` for a value that is no document.
    @_disfavoredOverload
    @discardableResult
    public func insertMany<Value: Encodable>(
        _ values: [Value],
        _ options: InsertOptions = InsertOptions()
    ) async throws -> InsertManyResult {
        let encoder = BSONEncoder()
        return try await insertMany(values.map { try encoder.encode($0) }, options)
    }

    /// Puts a value in the place of the first document that fits; its `_id` stays.
    ///
    /// - Throws: `MongoError`; `EncodingError` for a value that is no document.
    @_disfavoredOverload
    @discardableResult
    public func replaceOne<Value: Encodable>(
        _ filter: BSONDocument,
        with value: Value,
        _ options: UpdateOptions = UpdateOptions()
    ) async throws -> UpdateResult {
        try await replaceOne(filter, with: BSONEncoder().encode(value), options)
    }

    /// The first document that fits, as a value; `nil` where none does.
    ///
    /// - Throws: `MongoError`; `DecodingError` for a document that is no such value.
    public func findOne<Value: Decodable>(
        _ filter: BSONDocument = [:],
        as type: Value.Type,
        _ options: FindOptions = FindOptions()
    ) async throws -> Value? {
        try await findOne(filter, options).map { try BSONDecoder().decode(type, from: $0) }
    }
}
