// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// What happens in one pool from now on, as a sequence for one task.
///
/// Events that nobody reads are kept up to a limit; then the oldest are dropped, and counted. The sequence ends when
/// the pool has closed and its last connection too. One that is not read any more costs the pool nothing.
@available(FairDial 0.1, *)
public struct PoolEvents: AsyncSequence, Sendable {
    /// What comes.
    public typealias Element = PoolEvent
    /// It ends, and does not fail.
    public typealias Failure = Never

    /// Reads the events, one at a time.
    public struct AsyncIterator: AsyncIteratorProtocol {
        /// What comes.
        public typealias Element = PoolEvent
        /// It ends, and does not fail.
        public typealias Failure = Never

        var events: AsyncStream<PoolEvent>.AsyncIterator

        /// The next event; `nil` when the pool has closed, or the task was cancelled.
        public mutating func next() async -> PoolEvent? {
            await events.next()
        }

        /// The next event; `nil` when the pool has closed, or the task was cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> PoolEvent? {
            await events.next(isolation: actor)
        }
    }

    /// What the pool holds of a sequence.
    struct Feed: Sendable {
        private let continuation: AsyncStream<PoolEvent>.Continuation
        private let dropped: NIOLockedValueBox<Int>

        fileprivate init(_ continuation: AsyncStream<PoolEvent>.Continuation, _ dropped: NIOLockedValueBox<Int>) {
            self.continuation = continuation
            self.dropped = dropped
        }

        func tell(_ event: PoolEvent) {
            if case .dropped = continuation.yield(event) { dropped.withLockedValue { $0 += 1 } }
        }

        /// Has this called once, when the sequence is read no more: its task was cancelled, or nobody holds it.
        func whenAbandoned(_ leave: @escaping @Sendable () -> Void) {
            continuation.onTermination = { _ in leave() }
        }

        func end() { continuation.finish() }
    }

    /// Which pool it is.
    public let pool: ObservedPool

    private let events: AsyncStream<PoolEvent>
    private let dropped: NIOLockedValueBox<Int>

    /// How many events were dropped so far, because nobody read them in time.
    public var droppedCount: Int { dropped.withLockedValue { $0 } }

    /// Whoever reads; a sequence has one reader.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(events: events.makeAsyncIterator())
    }

    static func make(of pool: ObservedPool, limit: Int) -> (events: PoolEvents, feed: Feed) {
        let (events, continuation) = AsyncStream.makeStream(
            of: PoolEvent.self,
            bufferingPolicy: .bufferingNewest(limit)
        )
        let dropped = NIOLockedValueBox(0)
        return (PoolEvents(pool: pool, events: events, dropped: dropped), Feed(continuation, dropped))
    }
}
