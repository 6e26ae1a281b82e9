// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDial
import IPAddresses
import NIOCore
import NameResolution

/// One dial of a run: what it was asked for, everything it has done, and whether it was allowed to.
final class SimulatedDial: @unchecked Sendable {
    let world: SimulatedWorld
    let name: String
    let loop: SimulatedLoop
    let course: SimulatedCourse

    private(set) var startedAt: UInt64 = 0
    var endedAt: UInt64?
    var cancelledAt: UInt64?
    private var driver: DialDriver?

    private(set) var sockets: [SimulatedSocket] = []
    var channel: SimulatedChannel?
    var tried: [Destination] = []
    private var racingCount = 0
    private var racingSince: UInt64 = 0
    var raced: UInt64 = 0
    /// From when to when the network had no answer for an attempt in flight.
    var undecided: [(from: UInt64, to: UInt64)] = []
    var firstOpen: UInt64?
    private var lastOpen: UInt64?
    /// How many attempts have ended, or found no socket, and have had no other one opened for it yet: each may be
    /// followed by one at once. Of those of an earlier moment, one.
    private var freshEnds = 0
    private var freshEndsAt: UInt64 = 0
    var hasBeenShort = false
    /// Whether an attempt may be said to have ended earlier than its socket has.
    var mayBeMisled = false
    /// Sockets that were closed although they had connected, without another socket that won.
    var connectedAndClosed: [Destination] = []
    var handOvers = 0
    var initializerRuns = 0
    /// Whether the initializer has begun and not ended.
    var isInitializing = false

    /// What it has asked and has no end of.
    var questions: [LookupQuestion] = []
    var told: [IPAddress] = []
    /// What the policy has let through, at one time or another.
    private(set) var permitted: [IPAddress] = []
    /// What bindings have named to begin with; it may be tried, and need not be.
    private var hinted: [IPAddress] = []
    private var ports: Set<UInt16> = [443]
    private(set) var service = SimulatedService()
    /// Every destination that was to be opened, with any outcome.
    private var wanted: [Destination] = []

    init(_ number: Int, in world: SimulatedWorld, _ course: SimulatedCourse, on loop: SimulatedLoop) {
        self.world = world
        self.course = course
        self.loop = loop
        name = "dial \(number)"
    }

    /// What the dial has asked and waits for still.
    var awaited: [LookupQuestion] { endedAt == nil ? questions : [] }

    var isOver: Bool { endedAt != nil }
}

// MARK: - The way of a dial

extension SimulatedDial {
    func start(_ configuration: DialerConfiguration, before resolver: any AddressResolver) {
        startedAt = world.clock.now
        var configuration = configuration
        configuration.connector = SimulatedConnector(in: world, for: self)
        configuration.resolver = SimulatedAsking(resolver, for: self)
        configuration.race = course.race
        configuration.overrides = course.overrides
        configuration.policy =
            course.isVetted ? AddressPolicy(isAllowed: { address, _, _ in self.judges(address) }) : nil
        configuration.random = RandomSource { [dice = world.dice] in dice.next() }
        configuration.group = loop
        var options = DialOptions()
        options.families = course.families
        options.timeouts = Timeouts(course.timeouts)
        options.deadline = course.deadline
        options.label = course.label
        options.bindings = course.isBound ? .https(protocols: ["h2", "http/1.1"]) : nil
        if let readiness = course.readiness {
            options.readiness = .when { channel in self.promise(readiness, on: channel.eventLoop) }
        }
        world.story("\(name): \(course)")
        do throws(DialError) {
            let target = try course.target()
            driver = try Dialer(configuration).drive(target, to: course.goal, options: options, on: loop) { channel in
                self.initializerRuns += 1
                if self.initializerRuns > 1 { self.world.fault("\(self.name): the initializer ran twice") }
                let initialized = self.promise(self.course.initializer, on: channel.eventLoop)
                self.isInitializing = true
                initialized.whenComplete { _ in self.isInitializing = false }
                return initialized
            } _: {
                self.end($0)
            }
        } catch {
            world.fault("\(name) did not begin: \(error)")
        }
    }

    private func judges(_ address: IPAddress) -> Bool {
        let isAllowed = world.allows(address)
        if isAllowed { permitted.append(address) }
        return isAllowed
    }

    /// Drops the references to the dial.
    func part() {
        driver = nil
        channel = nil
    }

    func cancel() {
        guard endedAt == nil, let driver, cancelledAt == nil else { return }
        world.story("\(name) is cancelled")
        cancelledAt = world.clock.now
        driver.cancel()
        expectEnd(after: loop.turnCount)
    }

    /// A cancelled dial is over as soon as its loop has had a turn (rule 9).
    private func expectEnd(after turn: UInt64) {
        world.clock.at(max(world.clock.now, loop.blockedUntil) + 1) {
            guard self.endedAt == nil else { return }
            if self.loop.turnCount == turn {
                self.expectEnd(after: turn)
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
        if questions.contains(question) { world.fault("\(name) looks \(question.name) up twice at once") }
        if !questions.isEmpty, !course.isBound, !course.isService { world.fault("\(name) has two lookups under way") }
        if course.isKnown { world.fault("\(name) looks up what is known") }
        if course.isService { service.asks(question.name, at: world.clock.now) }
        questions.append(question)
    }

    func asksRecords() {
        if !course.isService { world.fault("\(name) looks up records that it does not want") }
        if service.isAsked { world.fault("\(name) looks its service up twice at once") }
        service.asks()
    }

    func hasRecords(_ answer: RecordAnswer?) {
        let records = answer?.records.compactMap { $0.data as? SRVRecord } ?? []
        world.story("\(name): its service has \(records)")
        service.listed(records)
    }

    func isTold(_ event: LookupEvent, of question: LookupQuestion) {
        switch event {
        case .started, .caughtUp: break
        case .answered(let answer):
            if endedAt == nil { told += answer.addresses.filter { course.families.contains($0.family) } }
            if course.isService { service.told(answer.addresses, of: question.name, at: world.clock.now) }
        case .bindings(let answer):
            if !course.isBound { world.fault("\(name) is told of bindings that it does not want") }
            for record in answer.records {
                hinted += record.parameters.ipv4Hints.map(IPAddress.v4)
                hinted += record.parameters.ipv6Hints.map { .v6($0, zone: nil) }
                if let port = record.parameters.port { ports.insert(port) }
            }
        case .ended:
            service.ended(question.name)
            hasLeft(question)
        }
    }

    func hasLeft(_ question: LookupQuestion) {
        questions.removeAll { $0 == question }
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
        let isNamed = told.contains(address) || hinted.contains(address) || course.knows(address)
        if course.isService {
            checkService(destination)
        } else if !isNamed || destination.endpoint.map({ ports.contains($0.port) }) != true {
            world.fault("\(name) opens \(destination), which no lookup or caller named")
        }
        if course.isVetted, !world.allows(address) { world.fault("\(name) opens \(destination), which is forbidden") }
        if course.goal == .answer { world.fault("\(name) opens \(destination), and wants an answer alone") }
        if racingCount >= max(1, course.race.concurrentAttemptLimit) {
            world.fault("\(name) has \(racingCount + 1) attempts at once")
        }
        if racingCount > 0, freshEnds == 0, let lastOpen, now - lastOpen < leastDelay {
            world.fault("\(name) opens \(destination) \(now - lastOpen) ns after the last one")
        }
    }

    /// The targets of a service are dialed in the order of their priorities (RFC 2782).
    private func checkService(_ destination: Destination) {
        guard let endpoint = destination.endpoint else { return }
        // What comes while a loop is blocked is read later; what waits for a descriptor goes first when there is one;
        // what a policy has forbidden once may be allowed by now, and has had its turn.
        let isStrict = !hasBeenShort && !course.isVetted
        let late = SimulatedClock.nanoseconds(world.lateness)
        let fault = service.fault(
            opening: endpoint,
            tried: wanted,
            families: isStrict ? course.families : [],
            delay: isStrict ? SimulatedClock.nanoseconds(course.race.attemptDelay) : 0,
            now: world.clock.now,
            knowing: world.clock.now - min(late, world.clock.now)
        )
        if let fault { world.fault("\(name) opens \(destination): \(fault)") }
        wanted.append(destination)
    }

    /// The least time between an attempt and the next while the first is silent.
    private var leastDelay: UInt64 {
        let race = course.race
        let least = world.hasMemory ? min(race.attemptDelay, race.minimumAttemptDelay) : race.attemptDelay
        return SimulatedClock.nanoseconds(least)
    }

    func foundNoDescriptor(for destination: Destination) {
        tried.removeAll { $0 == destination }
        noteFreshEnd()
        hasBeenShort = true
    }

    /// The poller will report a socket that has nothing to say. A loop that is late besides takes the report's time for
    /// that of the socket's end, as there is no better one.
    func hasFalseAlarm() {
        mayBeMisled = true
    }

    private func noteFreshEnd() {
        freshEnds = freshEndsAt == world.clock.now ? freshEnds + 1 : 1
        freshEndsAt = world.clock.now
    }

    func hasFailedAtOnce() {
        noteFreshEnd()
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
        freshEnds = freshEndsAt == now ? max(0, freshEnds - 1) : 0
    }

    func leavesRace(_ socket: SimulatedSocket) {
        racingCount -= 1
        noteFreshEnd()
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
