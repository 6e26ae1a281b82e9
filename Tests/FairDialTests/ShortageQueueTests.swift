// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NameResolution
import SystemSupport
import Testing

@testable import FairDial

@Suite struct `Whoever waits for a descriptor waits in one queue` {
    /// Lets time pass until an instant.
    ///
    /// - Parameter has: whether the one whose turn it is gets what it needs; one that does not comes again.
    /// - Returns: how many turns there were.
    private func run(_ queue: inout ShortageQueue, until end: Duration, has: (Duration) -> Bool) -> Int {
        var turns = 0
        while let wake = queue.wakeTime, wake <= end {
            for _ in queue.advance(to: wake) {
                turns += 1
                if !has(wake) { _ = queue.join(again: true, at: wake) }
            }
        }
        return turns
    }

    @Test func `however many wait, ten ask in a second while there is none`() {
        var queue = ShortageQueue()
        for _ in 0..<20_000 { _ = queue.join(again: false, at: .zero) }
        let turns = run(&queue, until: .seconds(22)) { _ in false }
        #expect((200...230).contains(turns))
        #expect(queue.count == 20_000)
    }

    @Test func `as soon as there are some, twice as many have their turn each time`() {
        var queue = ShortageQueue()
        for _ in 0..<20_000 { _ = queue.join(again: false, at: .zero) }
        let turns = run(&queue, until: .seconds(11)) { $0 >= .seconds(10) }
        #expect(queue.count == 0)
        #expect(queue.wakeTime == nil)
        #expect(turns > 20_000)
    }

    @Test func `who had a turn for nothing has the next one, and the others follow in order`() {
        var queue = ShortageQueue()
        let first = queue.join(again: false, at: .zero)
        let second = queue.join(again: false, at: .zero)
        let third = queue.join(again: false, at: at(1))
        #expect(queue.wakeTime == at(5))
        #expect(queue.advance(to: at(4)) == [])
        #expect(queue.advance(to: at(5)) == [first])
        let again = queue.join(again: true, at: at(5))
        #expect(queue.wakeTime == at(15))
        #expect(queue.advance(to: at(15)) == [again])
        // It has what it needs.
        #expect(queue.wakeTime == at(25))
        #expect(queue.advance(to: at(25)) == [second, third])
        #expect(queue.wakeTime == nil)
    }

    @Test func `the pauses of one that waits alone grow to a tenth of a second`() {
        var queue = ShortageQueue()
        var now = Duration.zero
        var pauses: [Int] = []
        for turn in 0..<7 {
            let ticket = queue.join(again: turn > 0, at: now)
            guard let wake = queue.wakeTime else { break }
            pauses.append(Int((wake - now) / .milliseconds(1)))
            now = wake
            #expect(queue.advance(to: now) == [ticket])
        }
        #expect(pauses == [5, 10, 20, 40, 80, 100, 100])
    }

    @Test func `who leaves has no turn, and where nobody waits there is no clock`() {
        var queue = ShortageQueue()
        let first = queue.join(again: false, at: .zero)
        let second = queue.join(again: false, at: .zero)
        queue.leave(first)
        queue.leave(first)
        #expect(queue.advance(to: at(5)) == [second])
        queue.leave(second)
        let third = queue.join(again: false, at: at(6))
        queue.leave(third)
        #expect(queue.wakeTime == nil)
        #expect(queue.count == 0)
    }

    @Test func `a hundred thousand who come and go while one waits leave nothing behind`() {
        var queue = ShortageQueue()
        let patient = queue.join(again: false, at: .zero)
        for _ in 0..<100_000 { queue.leave(queue.join(again: false, at: .zero)) }
        #expect(queue.count == 1)
        #expect(queue.placesKept <= 128)
        #expect(queue.advance(to: at(5)) == [patient])
    }

    @Test func `a loop that somebody blocks holds back nobody else's`() throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        defer { try? group.syncShutdownGracefully() }
        let room = WaitingRoom()
        let (blocked, free) = (group.next(), group.next())
        let calls = NIOLockedValueBox<[String]>([])
        let hasCome = DispatchSemaphore(value: 0)
        let mayGoOn = DispatchSemaphore(value: 0)
        func join(_ name: String, on loop: any EventLoop) throws {
            _ = try loop.submit {
                _ = room.join(on: loop, again: false) { _ in
                    loop.preconditionInEventLoop()
                    calls.withLockedValue { $0.append(name) }
                    hasCome.signal()
                }
            }.wait()
        }
        try join("blocked", on: blocked)
        blocked.execute { mayGoOn.wait() }
        try join("free", on: free)
        #expect(hasCome.wait(timeout: .now() + 60) == .success)
        #expect(calls.withLockedValue { $0 } == ["free"])
        mayGoOn.signal()
        #expect(hasCome.wait(timeout: .now() + 60) == .success)
        #expect(calls.withLockedValue { $0 } == ["free", "blocked"])
        #expect(room.count == 0)
    }
}

@Suite struct `A reserve of descriptors stays with the program` {
    @Test(arguments: [
        // limit, free, under way, touched
        (1_024, 64, 5_000, false), (1_024, 63, 64, true), (1_024, 63, 63, false), (1_024, 0, 1, true),
        (1_024, 0, 0, false), (40, 4, 20, false), (40, 3, 20, true), (40, 3, 3, false), (1_000_000, 64, 900_000, false),
        (1_000_000, 63, 900_000, true), (20, 3, 10, true), (20, 3, 1, false),
    ])
    func `of attempts under way there are no more than descriptors left, once these are few`(
        limit: Int,
        free: Int,
        inFlight: Int,
        isTouched: Bool
    ) {
        #expect(DescriptorReserve.isTouched(limit: limit, free: free, inFlight: inFlight) == isTouched)
    }

    @Test func `what is free is counted as the system would give it out`() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 64, rlim_max: 64)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            guard FreeDescriptors.limit == 64, FreeDescriptors.count(upTo: 5) == 5 else { exit(1) }
            var taken: [CInt] = []
            while true {
                let free = FreeDescriptors.count(upTo: 1_000)
                let descriptor = open("/dev/null", O_RDONLY)
                if descriptor < 0 {
                    exit(free == 0 && !taken.isEmpty ? 0 : 2)
                }
                guard free > 0 else { exit(3) }
                taken.append(descriptor)
            }
        }
    }
}
