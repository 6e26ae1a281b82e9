// SPDX-License-Identifier: Apache-2.0

import BSON
import Foundation

/// The drivers' specification files, which lie beside the project.
enum VectorFiles {
    private static let folder = (0..<7).reduce(URL(fileURLWithPath: #filePath)) { url, _ in
        url.deletingLastPathComponent()
    }.appendingPathComponent("shared/vectors/mongo")

    /// The files of a folder and of those in it, by their paths from the vectors' own; none where they are not there.
    static func paths(in name: String) -> [String] {
        let root = folder.appendingPathComponent(name)
        let found = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
        return found.filter { $0.hasSuffix(".json") }.sorted().map { "\(name)/\($0)" }
    }

    static func document(_ path: String) throws -> BSONDocument {
        let text = try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
        return try BSONDocument(extendedJSON: text)
    }
}
