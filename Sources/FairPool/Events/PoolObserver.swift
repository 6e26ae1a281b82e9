// SPDX-License-Identifier: Apache-2.0

/// Is told what happens in pools, for logs and metrics.
///
/// ```swift
/// struct Printing: PoolObserver {
///     func poolBegins(_ pool: ObservedPool) -> (@Sendable (PoolEvent, PoolCounts) -> Void)? {
///         { event, counts in print(pool.name, event, "\(counts.waiting) waiting") }
///     }
/// }
/// configuration.observer = Printing()
/// ```
///
/// A pool without an observer pays one branch for each event.
@available(FairDial 0.1, *)
public protocol PoolObserver: Sendable {
    /// Called once for each pool, on the thread that makes it, before anything happens in it. It must not block.
    ///
    /// - Returns: a closure that the pool calls with each event and its counts by then; `nil` where this pool is of no
    ///   interest. Calls come one at a time and in order, on any thread. No lock is held, so the closure may call the
    ///   pool. It must not block: the connections that the pool hands out wait for it. The pool keeps the closure as
    ///   long as it lives itself, so the closure must not hold the pool.
    func poolBegins(_ pool: ObservedPool) -> (@Sendable (PoolEvent, PoolCounts) -> Void)?
}
