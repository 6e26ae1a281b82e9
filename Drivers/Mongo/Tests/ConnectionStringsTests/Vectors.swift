// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The drivers' specification files about connection strings, which lie beside the project.
enum Vectors {
    struct Host: Decodable {
        let type: String
        let host: String
        let port: UInt16?
    }

    struct User: Decodable {
        let username: String?
        let password: String?
        let db: String?
    }

    struct Credential: Decodable {
        let username: String?
        let password: String?
        let source: String?
        let mechanism: String?
        let mechanism_properties: [String: String]?
    }

    /// An option's value as the files have it.
    enum Option: Decodable, Equatable {
        case bool(Bool)
        case number(Int)
        case text(String)
        case words([String])
        case tags([[String: String]])
        case properties([String: String])

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let bool = try? value.decode(Bool.self) {
                self = .bool(bool)
            } else if let number = try? value.decode(Int.self) {
                self = .number(number)
            } else if let text = try? value.decode(String.self) {
                self = .text(text)
            } else if let words = try? value.decode([String].self) {
                self = .words(words)
            } else if let tags = try? value.decode([[String: String]].self) {
                self = .tags(tags)
            } else {
                self = .properties(try value.decode([String: String].self))
            }
        }
    }

    struct Example: Decodable {
        let description: String
        let uri: String
        let valid: Bool?
        let warning: Bool?
        let hosts: [Host]?
        let auth: User?
        let options: [String: Option]?
        let credential: Credential?
    }

    private struct File: Decodable {
        let tests: [Example]
    }

    private static let folder = (0..<6).reduce(URL(fileURLWithPath: #filePath)) { url, _ in
        url.deletingLastPathComponent()
    }.appendingPathComponent("shared/vectors/mongo")

    /// The names of a folder's files; none where they are not there.
    static func names(_ name: String) -> [String] {
        let found = try? FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent(name).path)
        return (found ?? []).filter { $0.hasSuffix(".json") }.sorted().map { "\(name)/\($0)" }
    }

    static let strings = names("connection-string") + names("uri-options")
    static let credentials = names("auth/legacy")

    static func examples(_ name: String) throws -> [Example] {
        try JSONDecoder().decode(File.self, from: Data(contentsOf: folder.appendingPathComponent(name))).tests
    }
}
