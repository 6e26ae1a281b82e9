// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Test data made by others, which stand beside the project and are no part of it.
enum Vectors {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/vectors/dns")

    static let areHere = FileManager.default.fileExists(atPath: folder.path)

    /// The files of a folder, each as bytes.
    static func files(in name: String) throws -> [(name: String, bytes: [UInt8])] {
        let folder = folder.appendingPathComponent(name)
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { file in
            (file, Array(try Data(contentsOf: folder.appendingPathComponent(file))))
        }
    }

    /// The entries of a file of records: an entry goes on while a parenthesis is open.
    static func entries(_ file: String) throws -> [String] {
        var entries: [String] = []
        var isOpen = false
        for line in try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8).split(separator: "\n")
        {
            let content = String(line.prefix { $0 != ";" })
            guard content.contains(where: { !$0.isWhitespace }) else { continue }
            if isOpen { entries[entries.count - 1] += " " + content } else { entries.append(content) }
            if content.contains("(") { isOpen = true }
            if content.contains(")") { isOpen = false }
        }
        return entries
    }

    /// `\# 3 ( 00 01 00 )` as bytes.
    static func bytes(ofGeneric entry: String) -> [UInt8]? {
        let words = entry.split { $0.isWhitespace || $0 == "(" || $0 == ")" }
        guard words.count > 2, words[0] == "\\#", let count = Int(words[1]) else { return nil }
        let bytes = words.dropFirst(2).compactMap { UInt8($0, radix: 16) }
        return bytes.count == count && bytes.count == words.count - 2 ? bytes : nil
    }
}
