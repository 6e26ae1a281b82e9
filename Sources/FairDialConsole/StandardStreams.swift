// SPDX-License-Identifier: Apache-2.0

import Foundation
import IPAddresses

/// Standard output for results, standard error for everything else.
package enum StandardStreams {
    /// Opens a harmless file for each standard stream that is closed, so that no socket or file gets its number and,
    /// with it, output that is meant for a reader. Results cannot be written to it and input cannot be read from it:
    /// both fail, as they would have.
    package static func openClosed() {
        for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 && errno == EBADF {
            // Messages for a person may be lost then. Results must not be: writing them has to fail.
            let mode = stream == STDIN_FILENO || stream == STDERR_FILENO ? O_WRONLY : O_RDONLY
            // The lowest number that is free, which is this one.
            if open("/dev/null", mode) < 0 { _ = open("/", O_RDONLY) }
        }
    }

    /// Writes a line of results. When the reader has gone, or they cannot be written, the command ends with status 1.
    package static func say(_ line: String) {
        say(Array((line + "\n").utf8))
    }

    /// Writes whole lines of results, as bytes.
    package static func say(_ lines: [UInt8]) {
        var rest = lines[...]
        var interruptions = 0
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
                interruptions = 0
            } else if errno == EINTR, interruptions < mostInterruptions {
                interruptions += 1
            } else {
                // A reader that has closed the pipe needs no more: no error is printed.
                if errno != EPIPE {
                    complain("fairdial: cannot write the results: \(String(cString: strerror(errno)))")
                }
                exit(1)
            }
        }
    }

    /// How many interruptions in a row a write may have: after 100 they will not end.
    private static let mostInterruptions = 100

    /// Writes a line for a person, not for the next program; what is not printable is shown as an escape.
    package static func complain(_ line: String) {
        complain(lines: line.printable)
    }

    /// The same for several lines.
    package static func complain(lines: String) {
        // There is no other stream to report this failure on.
        try? FileHandle.standardError.write(contentsOf: Data((lines.printableLines + "\n").utf8))
    }

    /// Whether colours make sense on standard output: it is a terminal, and the user has not refused (no-color.org).
    package static let isColourful: Bool =
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
        && ProcessInfo.processInfo.environment["TERM"] != "dumb"
}
