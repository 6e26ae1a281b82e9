// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// Waits for a condition that nothing reports, for ten thousand turns at most: a test that waits has to end.
enum Patience {
    /// - Returns: whether the condition came true.
    static func untilTrue(within turns: Int = 10_000, _ condition: () -> Bool) async -> Bool {
        for _ in 0..<turns {
            if condition() { return true }
            guard (try? await Task.sleep(for: .milliseconds(1))) != nil else { return false }
        }
        return false
    }

    /// Waits for something else to end.
    ///
    /// It waits in turns too, and not by the clock: where other tests have had all threads for as long as the limit,
    /// what is waited for has its turn when they are free, and not the limit first.
    ///
    /// - Parameter turns: of a millisecond at least.
    /// - Returns: whether it has.
    static func untilEnded(within turns: Int = 10_000, _ body: @escaping @Sendable () async -> Void) async -> Bool {
        let hasEnded = NIOLockedValueBox(false)
        let work = Task {
            await body()
            hasEnded.withLockedValue { $0 = true }
        }
        defer { work.cancel() }
        return await untilTrue(within: turns) { hasEnded.withLockedValue { $0 } }
    }
}
