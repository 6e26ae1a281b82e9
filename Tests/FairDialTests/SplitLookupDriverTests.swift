// SPDX-License-Identifier: Apache-2.0

import Dispatch
import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NameResolution
import Testing

@testable import FairDial

/// The timer of a lookup in two parts, which two threads set: the caller's, and the resolver's.
@Suite struct `The timer of a lookup in two parts` {
    /// An embedded loop on which a test runs something in the middle of a timer's setting, as another thread may.
    private final class InterruptedLoop: EventLoop, @unchecked Sendable {
        let base = EmbeddedEventLoop()
        var interruption: (() -> Void)?

        var inEventLoop: Bool { base.inEventLoop }
        var now: NIODeadline { base.now }

        func execute(_ task: @escaping @Sendable () -> Void) { base.execute(task) }

        func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
            base.scheduleTask(deadline: deadline, task)
        }

        func scheduleTask<T>(in time: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
            base.scheduleTask(in: time, task)
        }

        func scheduleCallback(
            at deadline: NIODeadline,
            handler: some (NIOScheduledCallbackHandler & Sendable)
        ) throws -> NIOScheduledCallback {
            let scheduled = base.scheduleCallback(at: deadline, handler: handler)
            let interruption = interruption
            self.interruption = nil
            interruption?()
            return scheduled
        }

        func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
            base.shutdownGracefully(queue: queue, callback)
        }
    }

    /// Made by each test itself: an embedded loop belongs to the thread that made it.
    private struct World {
        let loop = InterruptedLoop()
        let resolver = ScriptedResolver()

        func begin() throws -> SplitLookupDriver {
            let lookup = SplitLookup(
                port: 80,
                timeouts: FilledTimeouts(queue: .seconds(30), lookup: .seconds(10)),
                resolutionDelay: .milliseconds(50),
                order: AddressOrder(routes: NoRoutes()),
                at: .zero,
                veto: { _ in nil }
            )
            let driver = SplitLookupDriver(lookup, for: try Target(host: "db.test", port: 80), on: loop)
            // Which forgets its callers when it has told them all; a scripted one does not.
            let names = NameResolver(resolver, localNames: nil)
            driver.begin(names, LookupQuestion(name: "db.test"), for: FairnessKey(label: "test"))
            return driver
        }
    }

    @Test func `an answer that comes while it is set is not waited for until the queue's timeout`() throws {
        let world = World()
        world.loop.interruption = {
            world.resolver.lookups.first?.start()
            world.resolver.lookups.first?.answer([.v4(.loopback)], settling: .ipv4)
        }
        let driver = try world.begin()
        let first = NIOLockedValueBox<[SocketAddress]>([])
        driver.first.whenSuccess { addresses in first.withLockedValue { $0 = addresses } }
        world.loop.base.advanceTime(by: .milliseconds(49))
        #expect(first.withLockedValue { $0 } == [])
        world.loop.base.advanceTime(by: .milliseconds(1))
        #expect(try first.withLockedValue { $0 } == [SocketAddress(ipAddress: "127.0.0.1", port: 80)])
        world.resolver.lookups.first?.end()
    }

    @Test func `a lookup that ends while it is set leaves no timer`() throws {
        let world = World()
        world.loop.interruption = {
            world.resolver.lookups.first?.start()
            world.resolver.lookups.first?.end(ResolutionError(.nameNotFound, "no such name"))
        }
        weak var driver: SplitLookupDriver?
        let error = NIOLockedValueBox<(any Error)?>(nil)
        do {
            let begun = try world.begin()
            begun.first.whenFailure { failure in error.withLockedValue { $0 = failure } }
            driver = begun
        }
        #expect((error.withLockedValue { $0 } as? DialError)?.resolutionError?.kind == .nameNotFound)
        // A timer would keep it for 30 s.
        #expect(driver == nil)
    }
}
