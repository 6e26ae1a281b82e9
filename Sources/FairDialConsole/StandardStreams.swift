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
        guard let number = write(lines, to: STDOUT_FILENO) else { return }
        // A reader that has left has what it wanted.
        if number != EPIPE {
            complain("fairdial: cannot write the results: \(String(cString: strerror(number)))")
        }
        exit(1)
    }

    /// Writes a line for a person, not for the next program; what is not printable is shown as an escape.
    package static func complain(_ line: String) {
        complain(lines: line.printable)
    }

    /// The same for several lines.
    package static func complain(lines: String) {
        // There is no other stream to report this failure on.
        _ = write(Array((lines.printableLines + "\n").utf8), to: STDERR_FILENO)
    }

    /// How many calls in a row may be interrupted, or find the stream not ready that `poll` has called ready: after 100
    /// it will not end.
    package static let mostFutileCalls = 100

    /// Writes all of the bytes. A stream may be non-blocking, because another process that holds it has made it so:
    /// then its reader is waited for all the same.
    ///
    /// - Returns: the error number of the call that failed; `nil` where all has been written.
    private static func write(_ bytes: [UInt8], to stream: Int32) -> Int32? {
        var rest = bytes[...]
        var futileCalls = 0
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(stream, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
                futileCalls = 0
                continue
            }
            let number = errno
            guard waits(after: number, for: stream, POLLOUT), futileCalls < mostFutileCalls else { return number }
            futileCalls += 1
        }
        return nil
    }

    /// Waits where a call on a stream has not failed for good.
    ///
    /// - Returns: whether the call is to be repeated.
    package static func waits(after number: Int32, for stream: Int32, _ event: Int32) -> Bool {
        switch number {
        case EINTR: return true
        case EAGAIN, EWOULDBLOCK:
            var asked = pollfd(fd: stream, events: Int16(event), revents: 0)
            return poll(&asked, 1, -1) >= 0 || errno == EINTR
        default: return false
        }
    }

    /// Whether colours make sense on standard output: it is a terminal, and the user has not refused (no-color.org).
    package static let isColourful: Bool =
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
        && ProcessInfo.processInfo.environment["TERM"] != "dumb"
}
