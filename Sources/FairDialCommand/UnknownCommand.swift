// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// A word that stands where a command's name should.
struct UnknownCommand {
    private let word: String
    private let shown: [String]

    /// - Parameters:
    ///   - arguments: the command line.
    ///   - commands: those that there are.
    /// - Returns: `nil` where there is no first argument, or it is a command, `help` or an option.
    init?(in arguments: [String], among commands: [any ParsableCommand.Type]) {
        guard let word = arguments.first, !word.hasPrefix("-") else { return nil }
        guard word != "help", !commands.contains(where: { $0.configuration.commandName == word }) else { return nil }
        self.word = word
        shown = commands.filter { $0.configuration.shouldDisplay }.compactMap { $0.configuration.commandName }
    }

    /// One line for a person.
    var complaint: String {
        let nearest = shown.map { (name: $0, edits: Self.edits(from: word, to: $0)) }.min { $0.edits < $1.edits }
        if let nearest, nearest.edits <= 2 {
            return "Error: '\(word)' is not a command: did you mean '\(nearest.name)'?"
        }
        return "Error: '\(word)' is not a command: the commands are \(shown.joined(separator: ", "))"
    }

    /// How many characters must be put in, taken out or changed (Levenshtein's distance); a longer word than any
    /// command's is far from all.
    private static func edits(from word: String, to name: String) -> Int {
        guard word.utf8.count <= 2 * name.utf8.count else { return .max }
        var row = Array(0...name.count)
        for (count, character) in word.enumerated() {
            var diagonal = row[0]
            row[0] = count + 1
            for (column, other) in name.enumerated() {
                let changed = diagonal + (character == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, row[column] + 1, diagonal + 1)
            }
        }
        return row[name.count]
    }
}
