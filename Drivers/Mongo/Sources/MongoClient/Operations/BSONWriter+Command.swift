// SPDX-License-Identifier: Apache-2.0

import BSON

extension BSONWriter {
    /// A command that begins with its name and what it is for; `body` writes the rest.
    ///
    /// - Throws: `MongoError` with `invalidArgument` for a key with a zero byte, and for what is too large.
    static func command(
        _ name: String,
        _ subject: BSONValue,
        _ body: (inout BSONWriter) throws(BSONError) -> Void = { _ throws(BSONError) in }
    ) throws(MongoError) -> BSONDocument {
        do throws(BSONError) {
            return try document(limits: Wire.commandLimits) { writer throws(BSONError) in
                try writer.append(subject, forKey: name)
                try body(&writer)
            }
        } catch {
            throw MongoError(.invalidArgument, "\(name): \(error)")
        }
    }

    /// Each writes nothing for `nil`.
    mutating func option(_ key: String, _ value: BSONValue?) throws(BSONError) {
        if let value { try append(value, forKey: key) }
    }

    mutating func option(_ key: String, _ value: BSONDocument?) throws(BSONError) {
        if let value { try append(value, forKey: key) }
    }

    mutating func option(_ key: String, _ value: Bool?) throws(BSONError) {
        if let value { try append(value, forKey: key) }
    }

    mutating func option(_ key: String, _ value: Int?) throws(BSONError) {
        if let value { try append(BSONValue(count: value), forKey: key) }
    }

    mutating func option(_ key: String, _ value: Duration?) throws(BSONError) {
        if let value { try append(BSONValue(count: value.milliseconds), forKey: key) }
    }

    mutating func option(_ key: String, _ value: [BSONDocument]?) throws(BSONError) {
        if let value { try append(.array(BSONArray(value.map(BSONValue.document))), forKey: key) }
    }

    /// Further fields as they are.
    mutating func all(of document: BSONDocument?) throws(BSONError) {
        guard let document else { return }
        for (key, value) in document { try append(value, forKey: key) }
    }
}
