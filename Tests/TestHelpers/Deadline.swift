// SPDX-License-Identifier: Apache-2.0

import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Ends a process that a test started and that does not end by itself: a test that waits for it has to end.
package enum Deadline {
    /// Longer than any of ours takes on a busy machine with two processors.
    private static let seconds = 300

    /// Kills the process when its time is over, if it still runs.
    package static func end(_ process: Int32, whileRunning isRunning: @escaping @Sendable () -> Bool) {
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds)) {
            if isRunning() { kill(process, SIGKILL) }
        }
    }
}
