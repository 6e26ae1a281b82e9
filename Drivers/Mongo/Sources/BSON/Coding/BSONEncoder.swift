// SPDX-License-Identifier: Apache-2.0

/// Turns `Encodable` values into documents, written straight into bytes.
///
/// `Int`, `Int64` and the unsigned types from `UInt32` on become `int64`, smaller ones `int32`, `Float` and `Double` a
/// double. `BSONValue` and the types in it are written as they are. An optional that is `nil` is left out by the code
/// that the compiler makes, and is `null` in arrays. Foundation's `Date`, `UUID` and `Data` are written as their own
/// `encode(to:)` says, which is a number, a text and an array: use `BSONDate`, `BSONUUID` and `BSONBinary`.
public struct BSONEncoder: Sendable {
    /// What is written at most.
    public var limits: BSONLimits
    /// Handed to each `encode(to:)`.
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    /// With these settings.
    public init(limits: BSONLimits = BSONLimits()) {
        self.limits = limits
    }

    /// The document that `value` encodes to.
    /// - Throws: `EncodingError`, which names the field, for a value that BSON cannot hold (a `UInt64` over
    ///   `Int64.max`, a
    ///   key with a zero byte), a top level that is no document, and for what is over the limits; and what the values
    ///   themselves throw.
    public func encode(_ value: some Encodable) throws -> BSONDocument {
        let sink = EncodingSink(limits: limits, userInfo: userInfo)
        sink.beginRoot()
        try value.encode(to: ValueEncoder(sink: sink, parent: -1, element: -1))
        if let fault = sink.fault { throw fault }
        guard sink.isRootTaken else {
            throw EncodingError.invalidValue(
                value,
                .init(codingPath: [], debugDescription: "a document is made of keys and values")
            )
        }
        sink.closeAll()
        let bytes = sink.state.pointee.bytes.array
        do {
            // A value that writes twice where it may once would make bytes that no reader may trust.
            return try BSONDocument(validating: bytes, limits: limits)
        } catch {
            throw EncodingError.invalidValue(
                value,
                .init(codingPath: [], debugDescription: error.description, underlyingError: error)
            )
        }
    }
}
