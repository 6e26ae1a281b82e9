// SPDX-License-Identifier: Apache-2.0

public import BSON

/// How a document is changed: by operators such as `$set`, or by a pipeline of stages.
public enum UpdateModification: Sendable, Hashable, ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
    /// Operators; every key begins with `$`.
    case operators(BSONDocument)
    /// Stages, carried out one after the other.
    case pipeline([BSONDocument])

    /// Operators.
    public init(dictionaryLiteral elements: (String, BSONValue)...) {
        self = .operators(BSONDocument(literalPairs: elements))
    }

    /// Stages.
    public init(arrayLiteral elements: BSONDocument...) { self = .pipeline(elements) }

    /// Operators.
    public init(_ operators: BSONDocument) { self = .operators(operators) }

    /// - Throws: `invalidArgument` for a document without operators, which would replace what it is to change.
    func value() throws(MongoError) -> BSONValue {
        switch self {
        case .operators(let document):
            guard document.firstKey?.hasPrefix("$") == true else {
                throw MongoError(
                    .invalidArgument,
                    "an update needs operators, such as $set; to replace, use replaceOne"
                )
            }
            return .document(document)
        case .pipeline(let stages):
            guard !stages.isEmpty else { throw MongoError(.invalidArgument, "an update's pipeline has no stages") }
            return .array(BSONArray(stages.map(BSONValue.document)))
        }
    }
}

extension BSONDocument {
    /// Keys that a literal has: one with a zero byte is cut off there.
    init(literalPairs: [(String, BSONValue)]) {
        self.init(pairs: literalPairs.map { (String($0.0.prefix { $0 != "\0" }), $0.1) })
    }

    var firstKey: String? { read { reader in reader.next() ? reader.key : nil } }

    /// The document that a replacement is.
    ///
    /// - Throws: `invalidArgument` for one with operators.
    func checkedReplacement() throws(MongoError) -> BSONValue {
        guard firstKey?.hasPrefix("$") != true else {
            throw MongoError(.invalidArgument, "a replacement has no operators; to change fields, use updateOne")
        }
        return .document(self)
    }
}
