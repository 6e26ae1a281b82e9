// SPDX-License-Identifier: Apache-2.0

import FairDial
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import SystemSupport
import Testing

@testable import FairPool

/// More happens than an observer takes in, or it happens where nobody can be told.
@Suite(.timeLimit(.minutes(15))) struct `A pool's events in a flood` {
    /// Holds the thread that tells it of an event, once, until it is let go.
    private final class SlowObserver: PoolObserver {
        let told = NIOLockedValueBox<[PoolEvent]>([])
        private let awaited = NIOLockedValueBox<String?>(nil)
        private let gate = DispatchSemaphore(value: 0)
        let held: AsyncStream<Void>
        private let hold: AsyncStream<Void>.Continuation

        init() {
            (held, hold) = AsyncStream.makeStream(of: Void.self)
        }

        /// It blocks at the next event in whose words these are.
        func arm(for words: String) { awaited.withLockedValue { $0 = words } }

        func letGo() { gate.signal() }

        func poolBegins(_ pool: ObservedPool) -> (@Sendable (PoolEvent, PoolCounts) -> Void)? {
            { event, _ in
                self.told.withLockedValue { $0.append(event) }
                let isHeld = self.awaited.withLockedValue { awaited in
                    guard let words = awaited, "\(event)".contains(words) else { return false }
                    awaited = nil
                    return true
                }
                guard isHeld else { return }
                self.hold.yield()
                self.gate.wait()
            }
        }
    }

    private static func pool(
        _ observer: any PoolObserver,
        _ change: (inout PoolConfiguration) -> Void = { _ in }
    ) async throws -> (any Channel, ConnectionPool<any Channel>) {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { $0.eventLoop.makeSucceededVoidFuture() }
            .bind(host: "127.0.0.1", port: 0).get()
        var configuration = PoolConfiguration()
        configuration.observer = observer
        change(&configuration)
        let target = try Target(host: "127.0.0.1", port: #require(server.localAddress?.port))
        return (
            server, ConnectionPool(to: target, configuration: configuration) { $0.eventLoop.makeSucceededFuture($0) }
        )
    }

    @Test func `are dropped and counted where they are callers', and the connections' never are`() async throws {
        let observer = SlowObserver()
        let (server, pool) = try await Self.pool(observer)
        try await pool.checkOut().giveBack()
        observer.arm(for: "is back")
        // It tells the observer, who blocks: what others do meanwhile piles up.
        Thread.detachNewThread { pool.checkOutIdle()?.giveBack() }
        var held = observer.held.makeAsyncIterator()
        await held.next()
        let count = 20_000
        for _ in 0..<count { pool.checkOutIdle()?.giveBack() }
        pool.clear()
        observer.letGo()
        await pool.close()
        let told = observer.told.withLockedValue { $0 }
        var (uses, dropped) = (0, 0)
        for event in told {
            switch event {
            case .checkOutStarted, .checkedOut, .checkedIn: uses += 1
            case .eventsDropped(let count): dropped += count
            default: break
            }
        }
        #expect(uses + dropped == 3 * (count + 2))
        #expect(dropped > 0)
        #expect(uses <= PoolMachine.actionLimit + 6)
        #expect(told.contains(.cleared(interruptsUse: false)))
        #expect(told.last == .closed)
        try await server.close()
    }

    @Test func `keep no caller waiting beyond its timeout: the timer is set before they are told`() async throws {
        let observer = SlowObserver()
        let (server, pool) = try await Self.pool(observer) {
            $0.minimumSize = 1
            $0.maximumSize = 1
            $0.waitTimeout = .milliseconds(20)
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        var lease = pool.checkOutIdle()
        while lease == nil {
            try await loop.submit {}.get()
            lease = pool.checkOutIdle()
        }
        observer.arm(for: "a caller wants")
        Thread.detachNewThread { pool.checkOut { _ in } }
        var held = observer.held.makeAsyncIterator()
        await held.next()
        // The observer holds the thread that has asked, and the wait ends all the same.
        while pool.counts.waiting > 0 { try await loop.submit {}.get() }
        observer.letGo()
        lease?.giveBack()
        await pool.close()
        try await server.close()
    }

    #if os(Linux)
        @Test func `end at once in a child that was forked, whoever had the pool's lock`() async throws {
            let (server, pool) = try await Self.pool(SlowObserver())
            typealias Fork = @convention(c) () -> pid_t
            let fork = unsafeBitCast(try #require(dlsym(nil, "fork")), to: Fork.self)
            let child = pool.state.withMachine { _ -> pid_t in
                let child = fork()
                if child == 0 {
                    // Were it to wait for the lock, this would end it.
                    alarm(30)
                    withExtendedLifetime(pool.events()) {}
                    _exit(0)
                }
                return child
            }
            #expect(child > 0)
            var status: Int32 = -1
            #expect(waitpid(child, &status, 0) == child)
            #expect(status == 0)
            await pool.close()
            try await server.close()
        }
    #endif

    @Test func `are each one line in words`() {
        let half = Duration.milliseconds(500)
        let lines: [(PoolEvent, String)] = [
            (.ready, "ready"), (.cleared(interruptsUse: false), "cleared"),
            (.cleared(interruptsUse: true), "cleared, with those in use"), (.closed, "closed"),
            (.connectionCreated(7), "connection 7 begins"),
            (.connectionReady(7, after: half), "connection 7 is ready after 500 ms"),
            (.connectionClosed(7, .stale), "connection 7 is closed: stale"),
            (.checkOutStarted, "a caller wants a connection"),
            (.checkOutFailed(.timeout, after: half), "a caller gets no connection after 500 ms: timeout"),
            (.checkedOut(7, after: half), "connection 7 is lent after 500 ms"),
            (.checkedIn(7, after: half), "connection 7 is back after 500 ms"),
            (.eventsDropped(3), "3 events were not told"),
        ]
        for (event, line) in lines { #expect("\(event)" == line) }
    }
}
