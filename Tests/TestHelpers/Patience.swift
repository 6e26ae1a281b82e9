// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Waits for a condition that nothing reports, for ten seconds at most: a test that waits has to end.
package enum Patience {
    /// How often the condition is looked at, a millisecond apart.
    private static let looks = 10_000

    /// Waits on the thread.
    ///
    /// - Returns: whether the condition came true.
    package static func until(_ condition: () -> Bool) -> Bool {
        for _ in 0..<looks {
            if condition() { return true }
            usleep(1_000)
        }
        return false
    }

    /// Waits without a thread.
    ///
    /// - Returns: whether the condition came true; `false` for a cancelled task.
    package static func untilTrue(_ condition: @Sendable () throws -> Bool) async rethrows -> Bool {
        for _ in 0..<looks {
            if try condition() { return true }
            guard (try? await Task.sleep(for: .milliseconds(1))) != nil else { return false }
        }
        return false
    }
}
