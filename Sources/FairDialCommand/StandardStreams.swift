// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Standard output for results, standard error for everything else.
enum StandardStreams {
    /// Writes a line of results. Where nobody reads them any more, or they cannot be written, the command ends with
    /// status 1.
    static func say(_ line: String) {
        say(Array((line + "\n").utf8))
    }

    /// Writes whole lines of results, as bytes.
    static func say(_ lines: [UInt8]) {
        var rest = lines[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                // A reader that has left has what it wanted.
                if errno != EPIPE {
                    complain("fairdial: cannot write the results: \(String(cString: strerror(errno)))")
                }
                exit(1)
            }
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
