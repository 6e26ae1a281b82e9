// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Standard output for results, standard error for everything else.
enum StandardStreams {
    /// Writes a line of results. Where nobody reads them any more, or they cannot be written, the command ends with
    /// status 1.
    static func say(_ line: String) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
        } catch {
            let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
            // A reader that has left has what it wanted.
            if underlying?.code != Int(EPIPE) {
                complain("fairdial: cannot write the results: \(error.localizedDescription)")
            }
            exit(1)
        }
    }

    /// Writes a line for the person, not for the next program.
    static func complain(_ line: String) {
        // Where nobody hears it, there is nobody to tell.
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }

    /// Whether colours make sense on standard output: it is a terminal, and nobody has said no (no-color.org).
    static let isColourful: Bool =
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
        && ProcessInfo.processInfo.environment["TERM"] != "dumb"
}
