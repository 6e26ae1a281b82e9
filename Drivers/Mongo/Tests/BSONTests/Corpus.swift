// SPDX-License-Identifier: Apache-2.0

import BSON
import Foundation

/// The files of the drivers' specification "BSON corpus", which lie beside the project.
struct Corpus {
    struct Valid: Decodable {
        let description: String
        let canonical_bson: String
        let canonical_extjson: String
        let relaxed_extjson: String?
        let degenerate_bson: String?
        let degenerate_extjson: String?
        let converted_bson: String?
        let converted_extjson: String?
        let lossy: Bool?
    }

    struct DecodeError: Decodable {
        let description: String
        let bson: String
    }

    struct ParseError: Decodable {
        let description: String
        let string: String
    }

    struct File: Decodable {
        let description: String
        let bson_type: String
        let valid: [Valid]?
        let decodeErrors: [DecodeError]?
        let parseErrors: [ParseError]?

        var count: Int { (valid?.count ?? 0) + (decodeErrors?.count ?? 0) + (parseErrors?.count ?? 0) }
    }

    /// From Drivers/Mongo/Tests/BSONTests up to the folder that holds the project.
    private static let folder = (0..<6).reduce(URL(fileURLWithPath: #filePath)) { url, _ in
        url.deletingLastPathComponent()
    }.appendingPathComponent("shared/vectors/mongo/bson-corpus")

    /// The files' names; none where they are not there.
    static let names: [String] = {
        let found = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (found ?? []).filter { $0.hasSuffix(".json") }.sorted()
    }()

    static func file(_ name: String) throws -> File {
        try JSONDecoder().decode(File.self, from: Data(contentsOf: folder.appendingPathComponent(name)))
    }

    /// Bytes out of pairs of hexadecimal digits.
    static func bytes(_ text: String) -> [UInt8] {
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { at in
            UInt8(String(decoding: digits[at...at + 1], as: UTF8.self), radix: 16)
        }
    }

    /// The document made anew, level by level, out of its values: what a program gets that copies it by hand.
    static func rebuilt(_ document: BSONDocument) throws -> BSONDocument {
        var copy = BSONDocument()
        for (key, value) in document { try copy.append(rebuilt(value), forKey: key) }
        return copy
    }

    static func rebuilt(_ value: BSONValue) throws -> BSONValue {
        switch value {
        case .document(let document): .document(try rebuilt(document))
        case .array(let array): .array(BSONArray(try array.map { try rebuilt($0) }))
        case .codeWithScope(let code):
            .codeWithScope(BSONCodeWithScope(code: code.code, scope: try rebuilt(code.scope)))
        case .binary(let binary): .binary(BSONBinary(Array(binary.bytes), subtype: binary.subtype))
        default: value
        }
    }

    /// JSON without the space between its tokens, each string escaped in one way, and doubles with their point.
    static func normalized(_ json: String) -> String {
        var result = ""
        var string: String?
        var characters = json.unicodeScalars.makeIterator()
        while let character = characters.next() {
            guard let begun = string else {
                if character == "\"" {
                    string = ""
                } else if !character.properties.isWhitespace {
                    result.unicodeScalars.append(character)
                }
                continue
            }
            if character == "\"" {
                result += "<\(begun.unicodeScalars.map { String($0.value) }.joined(separator: " "))>"
                string = nil
            } else if character == "\\", let escaped = characters.next() {
                switch escaped {
                case "u":
                    let digits = (0..<4).compactMap { _ in characters.next().map(String.init) }.joined()
                    let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init)
                    string?.unicodeScalars.append(scalar ?? "?")
                case "b": string?.append("\u{8}")
                case "f": string?.append("\u{C}")
                case "n": string?.append("\n")
                case "r": string?.append("\r")
                case "t": string?.append("\t")
                default: string?.unicodeScalars.append(escaped)
                }
            } else {
                string?.unicodeScalars.append(character)
            }
        }
        return result
    }
}
