// SPDX-License-Identifier: Apache-2.0

import BSON

/// Whether a value is what a file of the unified test format expects.
///
/// - Source: the drivers' specification "Unified Test Format", "Evaluating Matches"; the operators that the CRUD files
///   use.
enum Matching {
    /// Why not; `nil` where it is.
    ///
    /// - Parameter isRoot: whether a document may have further keys.
    static func mismatch(_ actual: BSONValue?, _ expected: BSONValue, isRoot: Bool = true, at path: String = "")
        -> String?
    {
        if case .document(let document) = expected {
            if let key = document.firstKeyWithOperator { return special(actual, key, document[key] ?? .null, path) }
            guard let found = actual?.document else { return "\(path): \(words(actual)) is no document" }
            return mismatch(found, document, isRoot: isRoot, at: path)
        }
        if case .array(let array) = expected {
            guard let found = actual?.array else { return "\(path): \(words(actual)) is no array" }
            guard found.count == array.count else { return "\(path): \(found.count) elements, not \(array.count)" }
            for (index, (one, other)) in zip(found, array).enumerated() {
                if let fault = mismatch(one, other, isRoot: isRoot, at: "\(path).\(index)") { return fault }
            }
            return nil
        }
        if let number = expected.double {
            return actual?.double == number ? nil : "\(path): \(words(actual)), not \(number)"
        }
        return actual == expected ? nil : "\(path): \(words(actual)), not \(words(expected))"
    }

    private static func mismatch(_ actual: BSONDocument, _ expected: BSONDocument, isRoot: Bool, at path: String)
        -> String?
    {
        for (key, value) in expected {
            if let fault = mismatch(actual[key], value, isRoot: false, at: "\(path).\(key)") { return fault }
        }
        guard !isRoot else { return nil }
        let extra = actual.keys.filter { !expected.contains($0) }
        return extra.isEmpty ? nil : "\(path): also has \(extra)"
    }

    private static func special(_ actual: BSONValue?, _ name: String, _ value: BSONValue, _ path: String) -> String? {
        switch name {
        case "$$exists":
            return (actual != nil) == (value.bool ?? true) ? nil : "\(path): is \(actual == nil ? "not " : "")there"
        case "$$unsetOrMatches":
            return actual == nil ? nil : mismatch(actual, value, isRoot: true, at: path)
        case "$$type":
            let names = value.array?.compactMap(\.string) ?? [value.string ?? ""]
            return actual.map { names.contains($0.typeName) } ?? false ? nil : "\(path): \(words(actual)), not \(names)"
        default: return "\(path): the operator \(name) is not known"
        }
    }

    private static func words(_ value: BSONValue?) -> String { value.map { "\($0)" } ?? "nothing" }
}

extension BSONDocument {
    fileprivate var firstKeyWithOperator: String? {
        guard let key = keys.first, key.hasPrefix("$$") else { return nil }
        return key
    }
}

extension BSONValue {
    /// As the aggregation operator `$type` names it.
    fileprivate var typeName: String {
        switch self {
        case .int32: "int"
        case .int64: "long"
        case .objectID: "objectId"
        case .document: "object"
        case .binary: "binData"
        case .regularExpression: "regex"
        case .decimal128: "decimal"
        default: "\(type)"
        }
    }
}
