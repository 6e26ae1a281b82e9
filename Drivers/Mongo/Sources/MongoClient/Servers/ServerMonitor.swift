// SPDX-License-Identifier: Apache-2.0

import BSON
import FairDial
import NIOConcurrencyHelpers
import NIOCore

/// Asks one server every `heartbeatFrequencyMS` what it is, on a connection of its own, and at once where somebody
/// wants to know, at least 500 ms after the last time.
///
/// One task that lives as long as the server belongs to the client. It polls; it does not have the server stream.
final class ServerMonitor: Sendable {
    /// What came of one look.
    enum Heard: Sendable {
        case hello(ServerDescription)
        /// The connection that there was has failed: it is looked again at once.
        case lost(String, isSilent: Bool)
        case dialFailed(DialError)
    }

    private struct Sleeper {
        let continuation: CheckedContinuation<Void, Never>
        let number: UInt64
        let end: NIODeadline
        var timer: WaitTimer?

        func wake() {
            timer?.cancel()
            continuation.resume()
        }
    }

    private struct State {
        var isStopped = false
        var schedule: LookSchedule
        var sleeper: Sleeper?
        var sleeps: UInt64 = 0
        var task: Task<Void, Never>?
        var dialing: DialCancellation?
    }

    private let address: ServerAddress
    private let dialing: ServerDialing
    private let loop: any EventLoop
    private let timers: any EventLoop
    private let tell: @Sendable (Heard) -> Void
    private let state: NIOLockedValueBox<State>

    /// - Parameters:
    ///   - loop: where its connections live.
    ///   - timers: whose time its pauses go by; `nil` for the same loop.
    init(
        of address: ServerAddress,
        _ dialing: ServerDialing,
        every heartbeat: Duration,
        on loop: any EventLoop,
        timers: (any EventLoop)? = nil,
        tell: @escaping @Sendable (Heard) -> Void
    ) {
        self.address = address
        self.dialing = dialing
        self.loop = loop
        self.timers = timers ?? loop
        self.tell = tell
        state = NIOLockedValueBox(State(schedule: LookSchedule(every: heartbeat)))
    }

    func start() {
        let task = Task { await run() }
        state.withLockedValue { $0.task = task }
    }

    /// An operation wants to know.
    func check() {
        state.withLockedValue { state -> Sleeper? in
            state.schedule.want()
            // Only a sleep that ends sooner for it: in the least pause, one operation after the other would end it.
            guard let sleeper = state.sleeper, state.isStopped || state.schedule.next < sleeper.end else { return nil }
            return state.sleeper.take()
        }?.wake()
    }

    /// Returns when its connection is closed and its dial has ended.
    func stop() async {
        let (task, dial) = state.withLockedValue { state in
            state.isStopped = true
            return (state.task, state.dialing)
        }
        dial?.cancel()
        task?.cancel()
        check()
        await task?.value
    }

    // MARK: - The task

    private func run() async {
        var connection: MongoConnection?
        while !isStopped {
            state.withLockedValue { $0.schedule.begin(at: timers.now) }
            let known = connection
            let heard: Heard
            if let known { heard = await ask(known) } else { (heard, connection) = await dial() }
            if isStopped { break }
            tell(heard)
            guard case .lost = heard else {
                await sleep()
                continue
            }
            // After it was told: operations must not wait for the farewell of a server that says nothing. A restart is
            // over soon: who was there at the last look is dialed without a pause. What comes of that dial is no
            // `lost`, so a pause is next.
            connection = nil
            await known?.closeAtOnce()
        }
        await connection?.closeAtOnce()
    }

    private var isStopped: Bool { state.withLockedValue { $0.isStopped } }

    /// Whether it waits for its next look; for tests.
    var isAsleep: Bool { state.withLockedValue { $0.sleeper != nil } }

    private func dial() async -> (Heard, MongoConnection?) {
        let cancellation = DialCancellation()
        let isStopped = state.withLockedValue { state in
            state.dialing = cancellation
            return state.isStopped
        }
        defer { state.withLockedValue { $0.dialing = nil } }
        if isStopped { cancellation.cancel() }
        var options = DialOptions()
        options.cancellation = cancellation
        do {
            let connected = try await dialing.connect(
                to: address,
                at: address.target(),
                options: options,
                on: loop,
                authenticates: false,
                generation: 0
            ).get()
            // The greeting's own hello is the first look: no other one follows at once, which a server that hangs up
            // on it would make an endless chase.
            return (.hello(connected.output.description), connected.output)
        } catch let error as DialError {
            return (.dialFailed(error), nil)
        } catch {
            return (.dialFailed(DialError(.allAttemptsFailed, "\(error)", target: "\(address)")), nil)
        }
    }

    private func ask(_ connection: MongoConnection) async -> Heard {
        let request = connection.nextRequest()
        var extras = CommandExtras()
        extras.serverInterface = dialing.settings.serverInterface
        let isModern = connection.helloOk || extras.serverInterface != nil
        let body: BSONDocument = isModern ? ["hello": 1, "helloOk": true] : ["isMaster": 1, "helloOk": true]
        let message = CommandMessage(body: body, database: "admin")
        let bytes = message.encoded(request: request, adding: extras, connection.channel.allocator)
        let began = NIODeadline.now()
        let deadline = dialing.connectTimeout.map { began + TimeAmount($0) }
        switch await connection.send(bytes, request: request, until: deadline) {
        case .success(let reply):
            let roundTrip = Duration.nanoseconds((NIODeadline.now() - began).nanoseconds)
            return .hello(ServerDescription(address, hello: reply.document, roundTrip: roundTrip))
        case .failure(let error): return .lost("\(error)", isSilent: error.code == .timedOut)
        }
    }

    /// Until the next look may begin, or the monitor is stopped.
    private func sleep() async {
        while true {
            let end = state.withLockedValue { $0.isStopped ? nil : $0.schedule.next }
            guard let end, timers.now < end else { return }
            await sleep(until: end)
        }
    }

    private func sleep(until end: NIODeadline) async {
        await withCheckedContinuation { continuation in
            let number = state.withLockedValue { state -> UInt64? in
                // It was wanted in the meantime.
                if state.isStopped || state.schedule.next < end { return nil }
                state.sleeps += 1
                state.sleeper = Sleeper(continuation: continuation, number: state.sleeps, end: end)
                return state.sleeps
            }
            guard let number else { return continuation.resume() }
            let timer = WaitTimer(at: end, on: timers) { how in
                self.state.withLockedValue { state -> Sleeper? in
                    // Without a clock there are no pauses: it looks no more.
                    if how == .loopShutdown { state.isStopped = true }
                    return state.sleeper?.number == number ? state.sleeper.take() : nil
                }?.wake()
            }
            let isOver = state.withLockedValue { state -> Bool in
                guard state.sleeper?.number == number else { return true }
                state.sleeper?.timer = timer
                return false
            }
            // A sleep that has ended leaves no timer behind, which would keep the monitor for a heartbeat.
            if isOver { timer.cancel() }
        }
    }
}
