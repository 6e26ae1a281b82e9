// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Standard output for results, standard error for everything else.
enum StandardStreams {
    /// Writes a line of results.
    static func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    /// Writes a line for the person, not for the next program.
    static func complain(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    /// Whether colours make sense on standard output: it is a terminal, and nobody has said no (no-color.org).
    static let isColourful: Bool =
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
        && ProcessInfo.processInfo.environment["TERM"] != "dumb"
}
