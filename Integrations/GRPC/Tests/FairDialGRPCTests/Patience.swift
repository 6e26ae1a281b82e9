// SPDX-License-Identifier: Apache-2.0

/// Waits for a condition that nothing reports, for ten seconds at most: a test that waits has to end.
enum Patience {
    /// - Returns: whether the condition came true.
    static func untilTrue(_ condition: () -> Bool) async -> Bool {
        for _ in 0..<10_000 {
            if condition() { return true }
            guard (try? await Task.sleep(for: .milliseconds(1))) != nil else { return false }
        }
        return false
    }

    /// Waits for something else to end.
    ///
    /// - Returns: whether it has.
    static func untilEnded(_ body: @escaping @Sendable () async -> Void) async -> Bool {
        let end = AsyncStream<Bool>.makeStream()
        let work = Task {
            await body()
            end.continuation.yield(true)
        }
        let limit = Task {
            try await Task.sleep(for: .seconds(10))
            end.continuation.yield(false)
        }
        defer {
            work.cancel()
            limit.cancel()
        }
        for await hasEnded in end.stream { return hasEnded }
        return false
    }
}
