// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Standard output for results, standard error for a person.
package enum Streams {
    package static func say(_ line: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
    }

    package static func complain(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }

    static let isOnTerminal = isatty(STDERR_FILENO) == 1

    /// A line that is written over and over; nothing where there is no terminal.
    static func show(_ line: String) {
        guard isOnTerminal else { return }
        try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K\(line)".utf8))
    }

    /// All feeds at once are all descriptors at once, and the usual soft limit is 1,024.
    package static func raiseDescriptorLimit() {
        var limit = rlimit()
        #if os(Linux)
            let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let kind = RLIMIT_NOFILE
        #endif
        guard getrlimit(kind, &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        // Where it stays as it is, the dials wait for descriptors.
        _ = setrlimit(kind, &limit)
    }
}
