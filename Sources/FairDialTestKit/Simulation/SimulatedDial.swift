// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import FairDial
import IPAddresses
import NIOCore
import NameResolution

/// One dial of a world: what it was asked for, everything it has done, and whether it was allowed to.
final class SimulatedDial: @unchecked Sendable {
    private let world: SimulatedWorld
    let name: String
    let loop: SimulatedLoop
    private let course: SimulatedCourse

    private(set) var startedAt: UInt64 = 0
    private(set) var endedAt: UInt64?
    private var cancelledAt: UInt64?
    private var driver: DialDriver?

    private(set) var sockets: [SimulatedSocket] = []
    var channel: SimulatedChannel?
    private var tried: [Destination] = []
    private var racingCount = 0
    private var racingSince: UInt64 = 0
    private var raced: UInt64 = 0
    /// From when to when the network had no word on an attempt that was under way.
    private var undecided: [(from: UInt64, to: UInt64)] = []
    private var firstOpen: UInt64?
    private var lastOpen: UInt64?
    /// Whether an attempt has ended, or found no socket, since the last one was opened.
    private var hasFreshEnd = false
    private var hasBeenShort = false
    /// Whether an attempt may be said to have ended earlier than its socket has.
    private var mayBeMisled = false
    /// Sockets that were closed although they had connected, with nobody to win in their stead.
    private var connectedAndClosed: [Destination] = []
    private var handOvers = 0
    private var initializerRuns = 0

    private var question: LookupQuestion?
    private var told: [IPAddress] = []

    init(_ number: Int, in world: SimulatedWorld, _ course: SimulatedCourse, on loop: SimulatedLoop) {
        self.world = world
        self.course = course
        self.loop = loop
        name = "dial \(number)"
    }

    /// What the dial has asked and has no end of.
    var awaited: LookupQuestion? { endedAt == nil ? question : nil }

    var isOver: Bool { endedAt != nil }
}

// MARK: - The way of a dial

extension SimulatedDial {
    func start(_ configuration: DialerConfiguration, before resolver: any Resolver) {
        startedAt = world.clock.now
        var configuration = configuration
        configuration.connector = SimulatedConnector(in: world, for: self)
        configuration.resolver = SimulatedAsking(resolver, for: self)
        configuration.race = course.race
        configuration.overrides = course.overrides
        configuration.policy = course.isVetted ? AddressPolicy(isAllowed: { [world] in world.allows($0) }) : nil
        configuration.group = loop
        var options = DialOptions()
        options.families = course.families
        options.budgets = course.budgets
        options.deadline = course.deadline
        options.label = course.label
        if let readiness = course.readiness {
            options.readiness = .when { channel in self.promise(readiness, on: channel.eventLoop) }
        }
        world.story("\(name): \(course)")
        do throws(DialError) {
            let target = try Target(host: course.host, port: 443)
            driver = try Dialer(configuration).drive(target, to: course.goal, options: options, on: loop) { channel in
                self.initializerRuns += 1
                if self.initializerRuns > 1 { self.world.fault("\(self.name): the initializer ran twice") }
                return self.promise(self.course.initializer, on: channel.eventLoop)
            } _: {
                self.end($0)
            }
        } catch {
            world.fault("\(name) did not begin: \(error)")
        }
    }

    func cancel() {
        guard endedAt == nil, let driver, cancelledAt == nil else { return }
        world.story("\(name) is cancelled")
        cancelledAt = world.clock.now
        driver.cancel()
        expectEnd()
    }

    /// A cancelled dial is over as soon as its loop has had a turn (rule 9).
    private func expectEnd() {
        world.clock.at(max(world.clock.now, loop.blockedUntil) + 1) {
            guard self.endedAt == nil else { return }
            if self.loop.blockedUntil >= self.world.clock.now {
                self.expectEnd()
            } else {
                self.world.fault("\(self.name) was cancelled, and has not ended")
            }
        }
    }

    private func promise(_ way: SimulatedCourse.Way, on loop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        switch way {
        case .atOnce: promise.succeed()
        case .never: break
        case .after(let while_): world.clock.after(while_) { promise.succeed() }
        case .fails(let while_): world.clock.after(while_) { promise.fail(ChannelError.inputClosed) }
        case .peerLeaves(let while_): world.clock.after(while_) { self.channel?.close(promise: nil) }
        }
        return promise.futureResult
    }
}

// MARK: - What it asks and is told

extension SimulatedDial {
    func asks(_ question: LookupQuestion) {
        if self.question != nil { world.fault("\(name) has two look-ups under way") }
        if course.isKnown { world.fault("\(name) looks up what is known") }
        self.question = question
    }

    func isTold(_ event: LookupEvent) {
        switch event {
        case .started: break
        case .answered(let answer):
            if endedAt == nil { told += answer.addresses.filter { course.families.contains($0.family) } }
        case .ended: question = nil
        }
    }

    func hasWithdrawn() {
        question = nil
    }
}

// MARK: - What it does with sockets

extension SimulatedDial {
    func racing(_ descriptor: CInt) -> SimulatedSocket? {
        sockets.first { $0.descriptor == descriptor && $0.stage == .racing }
    }

    /// The rules of an attempt: somewhere that was named, permitted and not tried yet, and at its time.
    func willOpen(_ destination: Destination) {
        let now = world.clock.now
        guard let address = destination.endpoint?.address else { return world.fault("\(name) opens \(destination)") }
        if endedAt != nil { world.fault("\(name) opens \(destination) after its end") }
        if handOvers > 0 { world.fault("\(name) opens \(destination) after its hand-over") }
        if tried.contains(destination) { world.fault("\(name) tries \(destination) twice") }
        if !course.families.contains(address.family) { world.fault("\(name) opens \(destination) of a wrong family") }
        if !told.contains(address), !course.knows(address) {
            world.fault("\(name) opens \(destination), which nobody named")
        }
        if course.isVetted, !world.allows(address) { world.fault("\(name) opens \(destination), which is forbidden") }
        if course.goal == .answer { world.fault("\(name) opens \(destination), and wants an answer alone") }
        if racingCount >= max(1, course.race.mostAtOnce) {
            world.fault("\(name) has \(racingCount + 1) attempts at once")
        }
        if racingCount > 0, !hasFreshEnd, let lastOpen, now - lastOpen < leastDelay {
            world.fault("\(name) opens \(destination) \(now - lastOpen) ns after the last one")
        }
    }

    /// The least time between an attempt and the next while the first is silent.
    private var leastDelay: UInt64 {
        let delays = course.race.delays
        let least = world.hasMemory ? min(delays.attempt, delays.minimumAttempt) : delays.attempt
        return SimulatedClock.nanoseconds(least)
    }

    func foundNoDescriptor(for destination: Destination) {
        tried.removeAll { $0 == destination }
        hasFreshEnd = true
        hasBeenShort = true
    }

    /// The poller will report a socket that has nothing to say. A loop that is late besides takes the report's time for that of
    /// the socket's end, as nobody knows better.
    func hasFalseAlarm() {
        mayBeMisled = true
    }

    func hasFailedAtOnce() {
        hasFreshEnd = true
    }

    func hasOpened(_ socket: SimulatedSocket) {
        let now = world.clock.now
        let word = socket.settles.map { "\(socket.failure?.reason ?? "connects") in \(Int64($0) - Int64(now)) ns" }
        world.story("\(name) opens \(socket.destination): \(word ?? "silent")")
        tried.append(socket.destination)
        sockets.append(socket)
        if racingCount == 0 { racingSince = now }
        racingCount += 1
        firstOpen = firstOpen ?? now
        lastOpen = now
        hasFreshEnd = false
    }

    private func leavesRace(_ socket: SimulatedSocket) {
        racingCount -= 1
        hasFreshEnd = true
        socket.watch = nil
        if racingCount == 0 { raced += world.clock.now - racingSince }
        undecided.append((socket.opened, min(socket.settles ?? .max, world.clock.now)))
    }

    func closed(_ descriptor: CInt) {
        guard let socket = racing(descriptor) else {
            return world.fault("\(name) closes a socket that is not its own any more")
        }
        world.story("\(name) closes \(socket.destination)")
        if socket.watch != nil { world.fault("\(name) closes \(socket.destination) while it is watched") }
        if handOvers == 0, socket.progress(at: world.clock.now) == .connected {
            connectedAndClosed.append(socket.destination)
        }
        leavesRace(socket)
        socket.stage = .closed
    }

    func willHandOver(_ socket: SimulatedSocket) {
        world.story("\(name) hands \(socket.destination) over")
        handOvers += 1
        if handOvers > 1 { world.fault("\(name) hands over twice") }
        if racingCount > 1 { world.fault("\(name) hands over with losers open") }
        if course.goal != .channel { world.fault("\(name) makes a channel that nobody wants") }
        if socket.watch != nil { world.fault("\(name) hands over \(socket.destination) while it is watched") }
    }

    func isOwnedByChannel(_ socket: SimulatedSocket) {
        leavesRace(socket)
        socket.stage = .channel
    }

    func channelClosed(_ socket: SimulatedSocket) {
        world.story("\(name): the channel is closed")
        socket.stage = .closed
    }
}

// MARK: - Its end

extension SimulatedDial {
    private func end(_ ending: DialDriver.Ending) {
        let now = world.clock.now
        if endedAt != nil { world.fault("\(name) ends twice") }
        endedAt = now
        switch ending {
        case .channel(_, let destination, let splits):
            world.story("\(name) is connected to \(destination): \(splits)")
            if course.goal != .channel { world.fault("\(name) brings a channel") }
            if initializerRuns != 1 { world.fault("\(name): the initializer ran \(initializerRuns) times") }
            check(splits, wonBy: destination)
            // The caller uses it for a while.
            world.clock.after(world.dice.milliseconds(0...50)) { self.channel?.close(promise: nil) }
        case .descriptor(let descriptor, let destination, let splits):
            world.story("\(name) has a socket to \(destination): \(splits)")
            if course.goal != .socket { world.fault("\(name) brings a socket") }
            guard let socket = racing(descriptor), socket.progress(at: now) == .connected else {
                return world.fault("\(name) brings a socket that is not connected")
            }
            if socket.watch != nil { world.fault("\(name) brings a socket that is watched") }
            leavesRace(socket)
            socket.stage = .closed
            check(splits, wonBy: destination)
        case .addresses(let addresses, let splits):
            world.story("\(name) has its answer: \(addresses)")
            if course.goal != .answer { world.fault("\(name) brings an answer") }
            if addresses.isEmpty || addresses.contains(where: { !told.contains($0) && !course.knows($0) }) {
                world.fault("\(name) answers \(addresses), and was told \(told)")
            }
            check(splits, wonBy: nil)
        case .failed(let error):
            world.story("\(name) has failed: \(error.message)")
            check(error)
        }
        for socket in sockets where socket.stage == .racing { world.fault("\(name) left \(socket.destination) open") }
        if case .failed = ending, channel?.isActive == true { world.fault("\(name) failed and left its channel open") }
        if question != nil { world.fault("\(name) has ended, and its look-up has not been left") }
        if elapsed > bound + world.lateness { world.fault("\(name) took \(elapsed), and might take \(bound)") }
        world.dialEnded()
    }

    private var elapsed: Duration {
        .nanoseconds(Int64((endedAt ?? world.clock.now) - startedAt))
    }

    /// The most that the dial may take.
    private var bound: Duration {
        let budgets = course.budgets
        let sum = budgets.queue + budgets.lookup + budgets.connect + budgets.handshake
        return min(sum, course.deadline ?? sum)
    }

    /// How long an attempt was under way that the network had not yet had its word on, in nanoseconds. A late loop closes a socket
    /// later than that.
    private var surelyRaced: UInt64 {
        var sum: UInt64 = 0
        var end: UInt64 = 0
        for (from, to) in undecided.sorted(by: { $0.from < $1.from }) where to > end {
            sum += to - max(from, end)
            end = to
        }
        return sum
    }

    private func check(_ splits: Splits, wonBy destination: Destination?) {
        if splits.total > elapsed { world.fault("\(name): clocks of \(splits.total) in \(elapsed)") }
        if splits.connect > .nanoseconds(Int64(raced)) {
            world.fault("\(name): \(splits.connect) to connect, and attempts were under way for \(raced) ns")
        }
        for clock in [splits.queue, splits.lookup, splits.connect, splits.handshake ?? .zero] where clock < .zero {
            world.fault("\(name): a clock ran backwards: \(splits)")
        }
        // Where a loop was late, the time after an attempt's end belongs to no attempt.
        let apart = splits.lookup + (hasBeenShort ? .zero : splits.queue)
        if course.isKnown, apart > world.lateness {
            world.fault("\(name) waited for what it knew: \(splits)")
        }
        let connected = splits.attempts.filter { $0.outcome == .connected }.map(\.destination)
        if let destination, connected != [destination] {
            world.fault("\(name): \(destination) won, and \(connected) connected")
        }
        for attempt in splits.attempts { check(attempt) }
        let attempted = splits.attempts.filter { $0.outcome != .vetoed }.map(\.destination)
        for destination in tried where !attempted.contains(destination) {
            world.fault("\(name) does not report its attempt of \(destination)")
        }
    }

    private func check(_ attempt: AttemptReport) {
        guard let ended = attempt.ended, let outcome = attempt.outcome else {
            return world.fault("\(name): an attempt without an end: \(attempt)")
        }
        if attempt.started < .zero || ended < attempt.started || ended > elapsed {
            world.fault("\(name): an attempt outside the dial: \(attempt)")
        }
        if let budget = course.race.attemptBudget, ended - attempt.started > budget + world.lateness {
            world.fault("\(name): an attempt of \(ended - attempt.started), and it may take \(budget)")
        }
        if outcome == .vetoed, !course.isVetted { world.fault("\(name): a veto without a policy: \(attempt)") }
    }

    private func check(_ error: DialError) {
        let splits = error.splits
        check(splits, wonBy: nil)
        let apart = elapsed - .nanoseconds(Int64(surelyRaced)) + (mayBeMisled ? world.lateness : .zero)
        let budgets = course.budgets
        let isTimeout: Bool
        switch error.code {
        case .connectTimeout:
            isTimeout = true
            // Of the first that began, if it was put off later and is not reported.
            let starts =
                splits.attempts.map(\.started) + (firstOpen.map { [.nanoseconds(Int64($0 - startedAt))] } ?? [])
            let age = elapsed - (starts.min() ?? elapsed)
            if .nanoseconds(Int64(raced)) < budgets.connect, age < course.race.budget ?? .seconds(1_000_000) {
                world.fault("\(name): \(error.message), too early")
            }
        case .lookupTimeout:
            isTimeout = true
            if apart < budgets.lookup { world.fault("\(name): \(error.message), too early") }
        case .queueTimeout, .outOfDescriptors:
            isTimeout = true
            if apart < budgets.queue { world.fault("\(name): \(error.message), too early") }
        case .deadlineExceeded:
            isTimeout = true
            if elapsed < course.deadline ?? .seconds(1_000_000) { world.fault("\(name): \(error.message), too early") }
        case .handshakeTimeout:
            isTimeout = true
            if handOvers == 0 { world.fault("\(name): a handshake before its hand-over") }
        case .cancelled:
            isTimeout = false
            if cancelledAt == nil { world.fault("\(name) says it was cancelled") }
        case .nameNotFound:
            isTimeout = false
            if !told.isEmpty { world.fault("\(name): no address, and was told \(told)") }
        case .allAttemptsFailed, .refusedByPolicy:
            isTimeout = false
            for address in told + course.known where course.families.contains(address.family) {
                let isNamed = splits.attempts.contains { $0.destination.endpoint?.address == address }
                if !isNamed { world.fault("\(name) gave up, and \(address) was neither tried nor vetoed") }
            }
        default: isTimeout = false
        }
        if isTimeout {
            if splits.total != elapsed { world.fault("\(name): clocks of \(splits.total) in \(elapsed)") }
            // Rule 6: what had connected when the timer was looked at counts.
            if handOvers == 0, !connectedAndClosed.isEmpty {
                world.fault("\(name): \(error.code.rawValue), and \(connectedAndClosed) had connected")
            }
        }
        for attempt in splits.attempts where !error.message.contains("\(attempt.destination)") {
            world.fault("\(name): \(attempt.destination) is missing in: \(error.message)")
        }
    }
}
