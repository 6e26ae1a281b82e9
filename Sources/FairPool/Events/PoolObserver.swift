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
    /// - Returns: what is called with each event, and how the pool stands by then; `nil` where this pool is of no
    ///   interest. Calls come one at a time and in order, on any thread, without a lock held, so that it may call the
    ///   pool. It must not block: the connections that the pool hands out wait for it. The pool keeps it as long as
    ///   itself: it must not hold the pool.
    func poolBegins(_ pool: ObservedPool) -> (@Sendable (PoolEvent, PoolCounts) -> Void)?
}
