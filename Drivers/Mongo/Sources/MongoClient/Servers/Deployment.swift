// SPDX-License-Identifier: Apache-2.0

import BSON
import FairDial
import FairPool
import NIOConcurrencyHelpers
import NIOCore

/// Drives a client's `TopologyMachine`: monitors report to it, pools are cleared by it, and operations ask it for a
/// server.
final class Deployment: Sendable {
    /// A server that fits an operation.
    struct Selected: Sendable {
        let server: Server
        let description: ServerDescription
        /// How commands say who may answer.
        let topology: TopologyMachine.Kind
        /// Whether members that are no primaries may be told to answer.
        var isRead = true
    }

    /// How a wait for a server ends.
    private enum Found {
        case server(Selected)
        /// None that this client can speak to, in words: no wait mends that.
        case incompatible(String)
        case nothing
    }

    private struct Waiter {
        let selection: ServerSelection
        let continuation: CheckedContinuation<Found, Never>
    }

    private struct State {
        var machine: TopologyMachine
        var servers: [ServerAddress: Server] = [:]
        /// What nearly all operations want, so that they need not look for it.
        var primary: Selected?
        var waiters: [UInt64: Waiter] = [:]
        var waits: UInt64 = 0
        var dialErrors: [ServerAddress: DialError] = [:]
        var roundTrips: [ServerAddress: RoundTrips] = [:]
        var undone = UndoneActions()
        /// The ends of servers that were forgotten.
        var endings: [UInt64: Task<Void, Never>] = [:]
        var isClosed = false
        var hasStarted = false
    }

    /// As many operations may wait for a server.
    private static let waiterLimit = 65_536

    let settings: ClientSettings
    private let dialing: ServerDialing
    private let loop: any EventLoop
    private let timers: any EventLoop
    private let began: NIODeadline
    private let state: NIOLockedValueBox<State>

    init(_ machine: TopologyMachine, _ settings: ClientSettings) {
        self.settings = settings
        dialing = ServerDialing(
            dialer: settings.dialer,
            tls: settings.tls,
            connectTimeout: settings.connectTimeout,
            settings: settings.greeting
        )
        loop = settings.dialer.configuration.group.any()
        timers = settings.timers ?? loop
        began = timers.now
        state = NIOLockedValueBox(State(machine: machine))
    }

    /// Watches the seeds.
    func start() {
        change { state in
            guard !state.hasStarted, !state.isClosed else { return [] }
            state.hasStarted = true
            return state.machine.servers.keys.map(TopologyMachine.Action.watch)
        }
    }

    /// Everything that is watched or pooled ends, and what was forgotten has ended.
    func close(within limit: Duration) async {
        let (servers, waiters, endings) = state.withLockedValue { state in
            state.isClosed = true
            defer { (state.servers, state.waiters, state.primary) = ([:], [:], nil) }
            return (Array(state.servers.values), Array(state.waiters.values), Array(state.endings.values))
        }
        for waiter in waiters { waiter.continuation.resume(returning: .nothing) }
        await withTaskGroup(of: Void.self) { group in
            for server in servers {
                group.addTask { await server.monitor.stop() }
                group.addTask { await server.pool.close(within: limit) }
            }
        }
        for ending in endings { await ending.value }
    }

    /// The pools by their servers.
    var pools: [(address: ServerAddress, pool: ConnectionPool<MongoConnection>)] {
        state.withLockedValue { state in state.servers.values.map { ($0.address, $0.pool) } }
            .sorted { $0.address.description < $1.address.description }
    }

    // MARK: - Operations want a server

    /// A server that fits: at once where one is known, else when one has been found.
    ///
    /// - Parameter limit: when the caller's own time is up; `nil` for `serverSelectionTimeoutMS` alone.
    func select(
        _ purpose: ServerSelection.Purpose,
        until limit: NIODeadline?,
        avoiding: ServerAddress? = nil
    ) async throws(MongoError) -> Selected {
        let wantsPrimary = purpose == .write || purpose == .read(.primary)
        if wantsPrimary, let primary = state.withLockedValue({ $0.primary }) { return primary }
        var selection = ServerSelection(purpose: purpose, threshold: settings.localThreshold)
        selection.heartbeat = settings.heartbeat
        switch purpose {
        case .write: break
        case .read(let rule), .readThatWrites(let rule): try rule.check(heartbeat: settings.heartbeat)
        }
        if let avoiding { selection.avoided = [avoiding] }
        if let found = state.withLockedValue({ Self.pick(selection, $0) }) { return found }
        let since = timers.now
        let own = since + TimeAmount(settings.serverSelectionTimeout)
        let isOfCaller = limit.map { $0 < own } ?? false
        switch await wait(for: selection, until: limit.map { min($0, own) } ?? own) {
        case .server(let found): return found
        case .incompatible(let words): throw MongoError(.noServer, words)
        case .nothing: break
        }
        guard isOpen else { throw MongoError(.closed, "the client is closed") }
        if Task.isCancelled { throw MongoError(.cancelled, "cancelled while it waited for a server") }
        throw noServer(selection, waited: .nanoseconds((timers.now - since).nanoseconds), isOfCaller: isOfCaller)
    }

    /// Whether the client is not closed.
    var isOpen: Bool { state.withLockedValue { !$0.isClosed } }

    /// The server at an address, for a cursor that lives there; `nil` where it is no member any more.
    func server(at address: ServerAddress) -> Selected? {
        state.withLockedValue { state in
            guard let server = state.servers[address], let known = state.machine.servers[address] else { return nil }
            return Selected(server: server, description: known, topology: state.machine.kind)
        }
    }

    private static func pick(_ selection: ServerSelection, _ state: State) -> Selected? {
        // A pool that has not been told yet would refuse; who waits is served as soon as it has.
        guard !state.undone.isUnderWay, state.machine.incompatibility == nil else { return nil }
        var random = SystemRandomNumberGenerator()
        let chosen = selection.candidates(in: state.machine).lessBusyOfTwo(using: &random) { address in
            // Callers that wait for a connection are on their way to the server too.
            state.servers[address].map { $0.pool.counts }.map { $0.inUse + $0.waiting } ?? 0
        }
        guard let chosen, let server = state.servers[chosen.address] else { return nil }
        return Selected(
            server: server,
            description: chosen,
            topology: state.machine.kind,
            isRead: selection.rule(in: state.machine) != nil
        )
    }

    private func wait(for selection: ServerSelection, until deadline: NIODeadline) async -> Found {
        let number = state.withLockedValue { state in
            state.waits += 1
            return state.waits
        }
        let timer = WaitTimer(at: deadline, on: timers) { _ in self.leave(number) }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (found, monitors) = state.withLockedValue { state -> (Found?, [ServerMonitor]) in
                    if let found = Self.pick(selection, state) { return (.server(found), []) }
                    if let words = state.machine.incompatibility { return (.incompatible(words), []) }
                    let isLate = timers.now >= deadline || timer.isOver || Task.isCancelled
                    if isLate || state.isClosed || state.waiters.count >= Self.waiterLimit {
                        return (Found.nothing, [])
                    }
                    state.waiters[number] = Waiter(selection: selection, continuation: continuation)
                    return (nil, state.servers.values.map(\.monitor))
                }
                if let found { continuation.resume(returning: found) }
                for monitor in monitors { monitor.check() }
            }
        } onCancel: {
            leave(number)
        }
    }

    private func leave(_ number: UInt64) {
        state.withLockedValue { $0.waiters.removeValue(forKey: number) }?.continuation.resume(returning: .nothing)
    }

    private func noServer(_ selection: ServerSelection, waited: Duration, isOfCaller: Bool) -> MongoError {
        let (machine, dialErrors) = state.withLockedValue { ($0.machine, $0.dialErrors) }
        let servers = machine.servers.values.sorted { $0.address.description < $1.address.description }
        let underWay = servers.map { dialing.underWay.error(to: $0.address, isOfMonitor: true) }
        let words = zip(servers, underWay).map { server, dial in
            if server.kind != .unknown { return "\(server.address) is \(server.kind.words)" }
            return "\(server.address): \(server.fault ?? dial?.message ?? "no answer so far")"
        }
        let wanted = selection.purpose == .write ? "a write" : "a read"
        let list = words.prefix(10).joined(separator: "; ") + (words.count > 10 ? "; …" : "")
        let parts = [machine.kind.words, list].filter { !$0.isEmpty }.joined(separator: ": ")
        var made = MongoError(
            isOfCaller ? .timeout : .noServer,
            "no server for \(wanted) after \(waited.rounded): \(parts)"
        )
        made.dialError = servers.compactMap { dialErrors[$0.address] }.first ?? underWay.compactMap(\.self).first
        return made
    }

    /// The dial of a connection of the pool that is under way, for an operation that has waited for it in vain.
    func dialUnderWay(to address: ServerAddress) -> DialError? {
        dialing.underWay.error(to: address, isOfMonitor: false)
    }

    // MARK: - What is known changes

    /// A command has failed in a way that says something about its server.
    func failed(_ failure: ServerFailure, at address: ServerAddress, generation: Int) {
        change { state in state.machine.failed(failure, at: address, generation: generation, wasGreeted: true) }
    }

    private func heard(_ heard: ServerMonitor.Heard, from address: ServerAddress) {
        let now = Duration.nanoseconds((timers.now - began).nanoseconds)
        change { state in
            // A forgotten server's last words: nothing of it is kept.
            guard state.machine.servers[address] != nil else { return [] }
            switch heard {
            case .hello(var description):
                var roundTrips = state.roundTrips[address] ?? RoundTrips(description.roundTrip)
                if state.roundTrips[address] != nil { roundTrips.add(description.roundTrip) }
                (description.roundTrip, description.leastRoundTrip) = (roundTrips.mean, roundTrips.least)
                description.updated = now
                state.roundTrips[address] = roundTrips
                state.dialErrors[address] = nil
                return state.machine.heard(description)
            case .lost(let words, let isSilent):
                state.roundTrips[address] = nil
                return state.machine.heard(ServerDescription(address, fault: words), isSilent: isSilent)
            case .dialFailed(let error):
                state.roundTrips[address] = nil
                state.dialErrors[address] = error
                // The target is said where the server is named.
                let fault = "\(error.code.rawValue): \(error.message) [\(error.report)]"
                let description = ServerDescription(address, fault: fault)
                // A name that is not found says nothing about the connections that there are.
                return state.machine.heard(description, clears: !error.isOfLookup)
            }
        }
        // As long as an operation waits, the next look is soon.
        state.withLockedValue { $0.waiters.isEmpty ? nil : $0.servers[address] }?.monitor.check()
    }

    /// Changes what is known, and carries out what follows from it; where somebody else is about it, that one does.
    private func change(_ decide: (inout State) -> [TopologyMachine.Action]) {
        let isOurs = state.withLockedValue { state -> Bool in
            let actions = decide(&state)
            state.primary = nil
            return state.undone.add(actions)
        }
        guard isOurs else { return }
        while true {
            let next = state.withLockedValue { state -> Next in
                if let action = state.undone.next() { return .carryOut(action) }
                return .serve(Self.settle(&state))
            }
            switch next {
            case .carryOut(let action): carryOut(action)
            case .serve(let served):
                for (continuation, found) in served { continuation.resume(returning: found) }
                return
            }
        }
    }

    private enum Next {
        case carryOut(TopologyMachine.Action)
        case serve([(CheckedContinuation<Found, Never>, Found)])
    }

    private func carryOut(_ action: TopologyMachine.Action) {
        switch action {
        case .watch(let address): watch(address)
        case .forget(let address): forget(address)
        case .clearPool(let address, let interruptsUse):
            state.withLockedValue { $0.servers[address] }?.pool.clear(interruptsUse: interruptsUse)
        case .readyPool(let address): state.withLockedValue { $0.servers[address] }?.pool.ready()
        case .check(let address): state.withLockedValue { $0.servers[address] }?.monitor.check()
        }
    }

    private func forget(_ address: ServerAddress) {
        state.withLockedValue { state in
            (state.dialErrors[address], state.roundTrips[address]) = (nil, nil)
            guard let server = state.servers.removeValue(forKey: address) else { return }
            state.waits += 1
            let number = state.waits
            state.endings[number] = Task {
                await server.monitor.stop()
                await server.pool.close()
                self.state.withLockedValue { $0.endings[number] = nil }
            }
        }
    }

    private func watch(_ address: ServerAddress) {
        guard let target = try? address.target() else { return }
        let dialing = dialing
        let pool = ConnectionPool<MongoConnection>(
            to: [target],
            dialer: settings.dialer,
            configuration: settings.pool(to: address)
        ) { [weak self] target, options, loop in
            dialing.connect(
                to: address,
                at: target,
                options: options,
                on: loop,
                authenticates: true,
                generation: self?.generation(of: address) ?? 0
            )
        }
        let monitor = ServerMonitor(of: address, dialing, every: settings.heartbeat, on: loop, timers: timers) {
            [weak self] heard in
            self?.heard(heard, from: address)
        }
        let server = Server(address, pool: pool, monitor: monitor)
        let isNew = state.withLockedValue { state in
            guard !state.isClosed, state.servers[address] == nil, state.machine.servers[address] != nil else {
                return false
            }
            state.servers[address] = server
            return true
        }
        if isNew { monitor.start() } else { pool.close(within: .zero) {} }
    }

    private func generation(of address: ServerAddress) -> Int {
        state.withLockedValue { $0.machine.generations[address, default: 0] }
    }

    /// What is known has changed: who waits may have a server now, or need not wait any longer.
    private static func settle(_ state: inout State) -> [(CheckedContinuation<Found, Never>, Found)] {
        let writing = ServerSelection(purpose: .write, threshold: .zero)
        state.primary = state.machine.kind == .sharded ? nil : pick(writing, state)
        if let words = state.machine.incompatibility {
            defer { state.waiters = [:] }
            return state.waiters.values.map { ($0.continuation, .incompatible(words)) }
        }
        var served: [(CheckedContinuation<Found, Never>, Found)] = []
        for (number, waiter) in state.waiters {
            guard let selected = pick(waiter.selection, state) else { continue }
            state.waiters[number] = nil
            served.append((waiter.continuation, .server(selected)))
        }
        return served
    }
}

extension DialError {
    /// Whether there was no address to connect to.
    var isOfLookup: Bool {
        switch code {
        case .queueTimeout, .lookupTimeout, .nameNotFound, .temporaryNameFailure, .queueFull: true
        default: false
        }
    }
}

extension Duration {
    /// In milliseconds, for a person.
    var rounded: String {
        let (seconds, attoseconds) = components
        return "\(seconds * 1_000 + attoseconds / 1_000_000_000_000_000) ms"
    }
}
