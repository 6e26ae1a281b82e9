// SPDX-License-Identifier: Apache-2.0

import Dispatch
import FairDialTestKit
import GetAddrInfo
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NameResolution
import Testing

@testable import FairDial

private let six = Destinations.to(Destinations.six1)
private let four = Destinations.to(Destinations.four1)
private let other = Destinations.to(Destinations.four2)

/// How a dial ended, for tests that look at both ways.
private func outcome(_ dial: () async throws(DialError) -> TakenSocket) async -> Result<TakenSocket, DialError> {
    do {
        return .success(try await dial())
    } catch {
        return .failure(error)
    }
}

extension Result where Failure == DialError {
    fileprivate var code: DialError.Code? {
        if case .failure(let error) = self { error.code } else { nil }
    }
}

@Suite(.timeLimit(.minutes(15))) struct `The driver: before time is called, lookups are asked what has come` {
    @Test func `an answer that comes with the time counts, for both faces`() async throws {
        let world = ScriptedWorld([four: .connects(after: at(10))])
        world.resolver.catchesUp = true
        async let dialed = world.dialer.takeSocket(to: "db.test", port: 80)
        let lookup = try await world.resolver.nextLookup(of: "db.test")
        lookup.start()
        await world.clock.sleepers()
        await world.clock.advance(to: at(10_000))
        try await lookup.askedToCatchUp()
        lookup.answer([Destinations.four1])
        lookup.deliver(.caughtUp)
        await world.clock.sleepers()
        await world.clock.advance(to: at(10_010))
        #expect(try await dialed.destination == four)
        #expect(world.isClean(open: [four]))
    }

    @Test func `when nothing has come the dial ends, though its clock has not moved`() async throws {
        let world = ScriptedWorld()
        world.resolver.catchesUp = true
        async let dialed = outcome { () throws(DialError) in
            try await world.dialer.takeSocket(to: "db.test", port: 80)
        }
        let lookup = try await world.resolver.nextLookup(of: "db.test")
        lookup.start()
        await world.clock.sleepers()
        await world.clock.advance(to: at(10_000))
        try await lookup.askedToCatchUp()
        lookup.deliver(.caughtUp)
        #expect(await dialed.code == .lookupTimeout)
        #expect(world.isClean())
    }
}

@Suite(.timeLimit(.minutes(15))) struct `The driver: attempts race as the machine says` {
    @Test func `a silent address keeps the next one waiting for the attempt delay, and loses`() async throws {
        let world = ScriptedWorld(
            [six: .hangs, four: .connects(after: at(10))],
            addresses: [Destinations.six1, Destinations.four1]
        )
        async let dialed = world.dialer.takeSocket(to: "db.test", port: 80)
        await world.clock.sleepers()
        await world.clock.advance(to: at(249))
        #expect(world.network.opened == [.init(six, at: .zero)])
        await world.clock.advance(to: at(260))
        let socket = try await dialed
        #expect(world.network.opened == [.init(six, at: .zero), .init(four, at: at(250))])
        #expect(socket.destination == four)
        #expect(socket.report.connect == at(260))
        #expect(socket.report.total == at(260))
        #expect(socket.report.attempts.map(\.outcome) == [.abandoned, .connected])
        #expect(world.network.closed == [six])
        #expect(world.isClean(open: [four]))
    }

    @Test func `a definite no starts the next address at once`() async throws {
        let world = ScriptedWorld(
            [six: .fails(111, after: at(5)), four: .connects(after: at(10))],
            addresses: [Destinations.six1, Destinations.four1]
        )
        async let dialed = world.dialer.takeSocket(to: "db.test", port: 80)
        await world.clock.sleepers()
        await world.clock.advance(to: at(15))
        let socket = try await dialed
        #expect(world.network.opened == [.init(six, at: .zero), .init(four, at: at(5))])
        #expect(socket.report.attempts.map(\.outcome) == [.refused, .connected])
        #expect(socket.report.attempts.map(\.ended) == [at(5), at(15)])
        #expect(world.isClean(open: [four]))
    }

    @Test func `two that connect in the same instant give one winner, and the other is closed`() async throws {
        let world = ScriptedWorld(
            [six: .connects(after: at(260)), four: .connects(after: at(10))],
            addresses: [Destinations.six1, Destinations.four1]
        )
        async let dialed = world.dialer.takeSocket(to: "db.test", port: 80)
        await world.clock.sleepers()
        await world.clock.advance(to: at(260))
        let winner = try await dialed.destination
        #expect(world.network.closed == [winner == six ? four : six])
        #expect(world.isClean(open: [winner]))
    }

    @Test func `when every address says no, each is named`() async throws {
        let world = ScriptedWorld(
            [six: .fails(101, after: .zero), four: .fails(111, after: at(3))],
            addresses: [Destinations.six1, Destinations.four1]
        )
        async let dialed = outcome { () throws(DialError) in
            try await world.dialer.takeSocket(to: "db.test", port: 80)
        }
        await world.clock.sleepers()
        await world.clock.advance(to: at(3))
        let result = await dialed
        #expect(result.code == .allAttemptsFailed)
        guard case .failure(let error) = result else { return }
        #expect(
            error.message
                == "all 2 addresses failed: [2001:db8::1]:80 network is unreachable, 192.0.2.1:80 connection refused"
        )
        #expect(world.isClean())
    }

    @Test func `a timeout that runs out closes everything before the dial returns`() async {
        let world = ScriptedWorld(addresses: [Destinations.six1, Destinations.four1])
        var options = DialOptions()
        options.timeouts = Timeouts(connect: at(400))
        async let dialed = outcome { () throws(DialError) in
            try await world.dialer.takeSocket(to: "db.test", port: 80, options: options)
        }
        await world.clock.sleepers()
        await world.clock.advance(to: at(400))
        #expect(await dialed.code == .connectTimeout)
        #expect(world.network.closed == [six, four])
        #expect(world.isClean())
    }
}

@Suite(.timeLimit(.minutes(15))) struct `Rule 6: the sockets are asked before a timer counts` {
    @Test func `what has connected wins when the timeout is over, though nobody reported it`() async throws {
        let world = ScriptedWorld([four: .connectsUnreported(after: at(300))], addresses: [Destinations.four1])
        var options = DialOptions()
        options.timeouts = Timeouts(connect: at(400))
        async let dialed = world.dialer.takeSocket(to: "db.test", port: 80, options: options)
        await world.clock.sleepers()
        await world.clock.advance(to: at(400))
        let socket = try await dialed
        #expect(socket.report.attempts.map(\.outcome) == [.connected])
        #expect(world.isClean(open: [four]))
    }
}

@Suite(.timeLimit(.minutes(15))) struct `The driver: names` {
    @Test func `addresses are dialed as each family's answer comes`() async throws {
        let world = ScriptedWorld([four: .hangs, six: .connects(after: at(1))])
        async let dialed = world.dialer.takeSocket(to: "db.test", port: 80)
        let lookup = try await world.resolver.nextLookup(of: "db.test")
        await world.clock.sleepers()
        #expect(lookup.fairnessKey == FairnessKey(for: "db.test"))
        await world.clock.advance(to: at(10))
        lookup.start()
        await world.clock.advance(to: at(30))
        lookup.answer([Destinations.four1], settling: .ipv4)
        // The resolution delay of RFC 8305 §3 runs.
        await world.clock.advance(to: at(79))
        #expect(world.network.opened == [])
        await world.clock.advance(to: at(80))
        #expect(world.network.opened == [.init(four, at: at(80))])
        lookup.answer([Destinations.six1], settling: .ipv6)
        lookup.end()
        await world.clock.advance(to: at(331))
        let socket = try await dialed
        #expect(world.network.opened == [.init(four, at: at(80)), .init(six, at: at(330))])
        #expect(socket.report.queue == at(10))
        #expect(socket.report.lookup == at(70))
        #expect(socket.report.connect == at(251))
        #expect(socket.report.source == .dns)
        #expect(world.isClean(open: [six]))
    }

    @Test func `the caller's label is whose turn it is in the line`() async throws {
        let world = ScriptedWorld()
        var options = DialOptions()
        options.label = "crawl"
        let dial = Task { [options] in try await world.dialer.takeSocket(to: "db.test", port: 80, options: options) }
        #expect(try await world.resolver.nextLookup().fairnessKey == FairnessKey(label: "crawl"))
        dial.cancel()
        await #expect(throws: DialError.self) { try await dial.value }
    }

    @Test func `two dials of one name at two ports share a lookup, and each tells where its answer came from`()
        async throws
    {
        let world = ScriptedWorld([
            four: .connectsAtOnce, Destinations.to(Destinations.four1, port: 81): .connectsAtOnce,
        ])
        async let first = world.dialer.takeSocket(to: "db.test", port: 80)
        let lookup = try await world.resolver.nextLookup()
        var options = DialOptions()
        options.label = "second"
        async let second = world.dialer.takeSocket(to: "DB.test", port: 81, options: options)
        try await lookup.joined(by: FairnessKey(label: "second"))
        await world.clock.sleepers(2)
        lookup.answer([Destinations.four1])
        lookup.end()
        #expect(try await first.report.source == .dns)
        #expect(try await second.report.source == .shared)
        #expect(world.resolver.lookups.count == 1)
        #expect(world.network.wrongs == [])
    }

    @Test func `a cancelled dial leaves its lookup, and no other dial's`() async throws {
        let world = ScriptedWorld([four: .connectsAtOnce])
        let leaving = Task { try await world.dialer.takeSocket(to: "db.test", port: 80) }
        let lookup = try await world.resolver.nextLookup()
        await world.clock.sleepers()
        var options = DialOptions()
        options.label = "stays"
        let staying = Task { [options] in
            try await world.dialer.takeSocket(to: "db.test", port: 80, options: options)
        }
        try await lookup.joined(by: FairnessKey(label: "stays"))
        leaving.cancel()
        let error = await #expect(throws: DialError.self) { try await leaving.value }
        #expect(error?.code == .cancelled)
        #expect(lookup.cancellations == 0)
        staying.cancel()
        await #expect(throws: DialError.self) { try await staying.value }
        try await lookup.cancelled()
        #expect(!lookup.isInFlight)
    }

    @Test func `a lookup without an answer runs its own clock out, and is left`() async throws {
        let world = ScriptedWorld()
        var options = DialOptions()
        options.timeouts = Timeouts(queue: at(100), lookup: at(200))
        async let dialed = outcome { [options] () throws(DialError) in
            try await world.dialer.takeSocket(to: "db.test", port: 80, options: options)
        }
        let lookup = try await world.resolver.nextLookup()
        await world.clock.sleepers()
        await world.clock.advance(to: at(99))
        lookup.start()
        await world.clock.advance(to: at(298))
        #expect(lookup.isInFlight)
        await world.clock.advance(to: at(299))
        let result = await dialed
        #expect(result.code == .lookupTimeout)
        if case .failure(let error) = result {
            #expect(error.report.queue == at(99))
            #expect(error.report.lookup == at(200))
        }
        #expect(!lookup.isInFlight)
    }

    @Test func `an answer is looked up first and dialed later, with its name kept`() async throws {
        let world = ScriptedWorld([six: .connectsAtOnce])
        async let resolved = world.dialer.resolve("db.test", port: 80)
        let lookup = try await world.resolver.nextLookup()
        await world.clock.sleepers()
        lookup.answer([Destinations.six1])
        lookup.end()
        let answer = try await resolved
        #expect(answer.endpoints == [six.endpoint])
        #expect(answer.target.host == "db.test")
        #expect(answer.source == .dns)
        #expect(answer.incomplete == [])
        #expect(answer.expires == nil)
        #expect(world.network.opened == [])
    }

    @Test func `an answer expires with the first of its addresses`() async throws {
        let world = ScriptedWorld()
        let before = ContinuousClock.now
        async let resolved = world.dialer.resolve("db.test", port: 80)
        let lookup = try await world.resolver.nextLookup()
        await world.clock.sleepers()
        lookup.answer([Destinations.six1], settling: .ipv6, timeToLive: .seconds(60))
        lookup.answer([Destinations.four1], settling: .ipv4, timeToLive: .seconds(300))
        // What is left is told at the end, by the loop's clock.
        await world.clock.advance(to: .seconds(1))
        lookup.end()
        let expires = try #require(try await resolved.expires)
        #expect((before + .seconds(59) ... .now + .seconds(59)).contains(expires))
    }
}

@Suite(.timeLimit(.minutes(15))) struct `Rule 1: a literal never waits` {
    @Test func `its socket is opened before the call has gone anywhere`() async throws {
        let world = ScriptedWorld([Destinations.to(.v4(.loopback)): .hangs])
        let dial = Task { try await world.dialer.takeSocket(to: "127.1", port: 80) }
        await world.clock.sleepers()
        #expect(world.network.opened == [.init(Destinations.to(.v4(.loopback)), at: .zero)])
        #expect(world.resolver.lookups.isEmpty)
        dial.cancel()
        await #expect(throws: DialError.self) { try await dial.value }
        #expect(world.isClean())
    }

    @Test func `its answer needs no loop at all`() async throws {
        var configuration = DialerConfiguration()
        configuration.group = StoppedLoop()
        let answer = try await Dialer(configuration).resolve("::1", port: 443)
        #expect(answer.endpoints.map(\.description) == ["[::1]:443"])
        #expect(answer.source == .numeric)
        #expect(answer.report.source == .numeric)
    }

    @Test(arguments: [
        ("1.2.3.4%eth0", "an IPv4 address cannot have a zone"),
        ("fe80::1%", "no zone after the %"),
        ("fe80::1%no-such-interface", "no interface \"no-such-interface\" on this machine"),
        ("2001:db8::1%lo", "the zone \"lo\" names an interface, which only a link-local address can have"),
        ("fe80::1%4294967296", "an interface's index is at most 4294967295"),
    ])
    func `one that is none is refused at once, with the reason`(host: String, message: String) async {
        let world = ScriptedWorld()
        let result = await outcome { () throws(DialError) in
            try await world.dialer.takeSocket(to: host, port: 80)
        }
        #expect(result.code == .invalidTarget)
        if case .failure(let error) = result { #expect(error.message == message) }
        #expect(world.network.opened == [])
    }

    @Test(arguments: ["127.1", "0x7f.0.0.1", "2130706433"])
    func `where the reading is strict a legacy form is refused, and never looked up`(host: String) async throws {
        var configuration = DialerConfiguration()
        configuration.strictness = .strict
        let dialer = Dialer(configuration)
        let error = await failure { try await dialer.resolve(host, port: 80) }
        #expect(error?.code == .invalidTarget)
        #expect(error?.message.contains("an old way to write 127.0.0.1") == true)
        #expect(
            try await dialer.resolve("127.0.0.1", port: 80).endpoints == [Endpoint(address: .v4(.loopback), port: 80)]
        )
    }

    @Test func `one of another family than may be used is noUsableAddress`() async {
        let world = ScriptedWorld()
        var options = DialOptions()
        options.families = .ipv6
        let result = await outcome { [options] () throws(DialError) in
            try await world.dialer.takeSocket(to: "127.0.0.1", port: 80, options: options)
        }
        #expect(result.code == .noUsableAddress)
    }
}

/// A loop that never runs anything.
final class StoppedLoop: EventLoop {
    let inEventLoop = false

    func execute(_ task: @escaping @Sendable () -> Void) {}

    func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        preconditionFailure("nothing is to be scheduled here")
    }

    func scheduleTask<T>(in: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        preconditionFailure("nothing is to be scheduled here")
    }

    func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
        queue.async { callback(nil) }
    }
}

@Suite(.timeLimit(.minutes(15))) struct `The driver: no descriptor left, and the dial waits` {
    @Test func `the dial waits for one, and blames no address`() async throws {
        let world = ScriptedWorld([four: .connects(after: at(1))], addresses: [Destinations.four1])
        world.network.runShort(times: 3)
        async let dialed = world.dialer.takeSocket(to: "db.test", port: 80)
        await world.clock.sleepers()
        await world.clock.advance(to: at(100))
        let socket = try await dialed
        #expect(world.network.opened == [.init(four, at: at(35))])
        #expect(socket.report.queue == at(35))
        #expect(socket.report.connect == at(1))
        #expect(socket.report.attempts.map(\.outcome) == [.connected])
        #expect(world.isClean(open: [four]))
    }
}

@Suite(.timeLimit(.minutes(15))) struct `Rule 9: cancelling is prompt` {
    @Test func `a task that is cancelled already opens nothing`() async {
        let world = ScriptedWorld(addresses: [Destinations.six1])
        let gate = ScriptedGate()
        let dial = Task {
            await gate.wait()
            return await outcome { () throws(DialError) in
                try await world.dialer.takeSocket(to: "db.test", port: 80)
            }
        }
        dial.cancel()
        gate.open()
        #expect(await dial.value.code == .cancelled)
        #expect(world.network.opened == [])
        #expect(world.isClean())
    }

    @Test func `in the race every socket is closed before the task returns`() async {
        let world = ScriptedWorld(addresses: [Destinations.six1, Destinations.four1])
        let dial = Task {
            await outcome { () throws(DialError) in try await world.dialer.takeSocket(to: "db.test", port: 80) }
        }
        await world.clock.sleepers()
        await world.clock.advance(to: at(250))
        dial.cancel()
        let result = await dial.value
        #expect(result.code == .cancelled)
        #expect(world.network.closed == [six, four])
        #expect(world.isClean())
        if case .failure(let error) = result {
            #expect(error.report.attempts.map(\.outcome) == [.abandoned, .abandoned])
        }
    }

    @Test func `from many tasks at once nothing is left, whoever comes first`() async {
        for seed in 0..<300 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let world = ScriptedWorld(
                [six: .connects(after: at(Int.random(in: 0...5, using: &random))), four: .connectsAtOnce],
                addresses: [Destinations.six1, Destinations.four1]
            )
            let dials = (0..<4).map { _ in
                Task {
                    await outcome { () throws(DialError) in
                        try await world.dialer.takeSocket(to: "db.test", port: 80)
                    }
                }
            }
            let cancels = Task { for dial in dials { dial.cancel() } }
            await world.clock.advance(to: at(Int.random(in: 0...4, using: &random)))
            await cancels.value
            var open = 0
            for dial in dials { if case .success = await dial.value { open += 1 } }
            #expect(world.network.open.count == open, "seed \(seed)")
            #expect(world.network.watchCount == 0, "seed \(seed)")
            #expect(world.network.wrongs == [], "seed \(seed)")
        }
    }
}

/// Holds a task until the test lets it go.
final class ScriptedGate: Sendable {
    private let state = NIOLockedValueBox<(isOpen: Bool, waiting: CheckedContinuation<Void, Never>?)>((false, nil))

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLockedValue { state in
                if !state.isOpen { state.waiting = continuation }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        state.withLockedValue { state in
            state.isOpen = true
            defer { state.waiting = nil }
            return state.waiting
        }?.resume()
    }
}

@Suite(.timeLimit(.minutes(15))) struct `The driver: the starting line` {
    @Test func `whoever has a stopwatch of its own is told once, when the first attempt starts`() async throws {
        let world = ScriptedWorld([four: .fails(111, after: .zero), other: .connects(after: at(5))])
        let told = NIOLockedValueBox<[Duration]>([])
        var options = DialOptions()
        let clock = world.clock
        options.onStart = { told.withLockedValue { $0.append(clock.now) } }
        async let dialed = world.dialer.takeSocket(to: "db.test", port: 80, options: options)
        let lookup = try await world.resolver.nextLookup()
        await world.clock.sleepers()
        await clock.advance(to: at(70))
        #expect(told.withLockedValue { $0 } == [])
        lookup.answer([Destinations.four1, Destinations.four2])
        lookup.end()
        await clock.advance(to: at(75))
        #expect(try await dialed.destination == other)
        #expect(told.withLockedValue { $0 } == [at(70)])
    }
}
