// SPDX-License-Identifier: Apache-2.0

package import ConnectionRacing
package import IPAddresses
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix
import NameResolution

/// Carries out one dial's actions on one event loop, and tells it what happens and when.
///
/// Everything but `post` is touched by `begin`, before anybody else knows of the driver, and then on `loop` alone, which is
/// why the class may call itself `Sendable`. What other threads have to say comes by `post`, with the time at which it
/// happened, and is read before any timer is looked at.
package final class DialDriver: @unchecked Sendable {
    /// What a dial brought, for the face that asked.
    package enum Ending: Sendable {
        case channel(any Channel, Destination, WinningBinding?, Splits)
        case descriptor(CInt, Destination, WinningBinding?, Splits)
        case addresses([IPAddress], Splits)
        case failed(DialError)
    }

    private enum Letter: Sendable {
        case lookup(LookupEvent)
        /// Of a binding's target.
        case targetLookup(String, LookupEvent)
        case socketReady(Destination)
        case cancel
    }

    private struct Post: Sendable {
        var letters: [(Letter, NIODeadline)] = []
        /// Whether somebody is on the way to read it; at first it is `start`.
        var isExpected = true
    }

    private struct Attempt {
        let destination: Destination
        let socket: AttemptSocket
        var watch: ConnectPoller.Token?
    }

    let loop: any EventLoop
    let plan: DialPlan
    private let startedAt: NIODeadline
    private let post = NIOLockedValueBox(Post())
    /// Whom to tell of the end; `nil` before the start and after the end.
    private var end: (@Sendable (Ending) -> Void)?

    private(set) var lookup: (any LookupUnderWay)?
    /// The look-ups that are reading what has come, by name; the dial's time is up when they have.
    var catchingUp: Set<String>?
    var known = KnownAddresses()
    /// `nil` where no service bindings are wanted.
    let services: ServiceDial?
    private var attempts: [Attempt] = []
    var dial: Dial
    var winner: (any Channel)?
    /// What the winner was made of; the channel's to close.
    var winnerDescriptor: CInt?
    /// The channel initializer's future; it tells whose fault a channel is that never came to be.
    var initialized: EventLoopFuture<Void>?
    /// Whether there was a channel once: then the winner's descriptor is the channel's to close.
    var hasMadeChannel = false
    private var pending = ActionList<DialAction>()
    private var nextPending = 0
    private var isCarryingOut = false
    /// Whether `start` has come: until then the driver is its caller's alone.
    private var isOnLoop = false
    private var timer: (wakes: Duration, scheduled: Scheduled<Void>)?

    init(_ plan: DialPlan, on loop: any EventLoop) {
        self.plan = plan
        self.loop = loop
        startedAt = loop.now
        dial = Dial(plan.question)
        if let request = plan.bindings, case .lookUp(let port) = plan.start, let host = plan.question.lookup?.name {
            let lookups = ServiceLookups(host: host, port: port, families: plan.families, request: request)
            services = ServiceDial(lookups)
        } else {
            services = nil
        }
    }

    /// Begins the dial: asks for the look-up or opens the first socket, on the caller's own thread, before anybody else
    /// knows of the driver. What needs the loop waits for `start`, which must follow.
    ///
    /// A socket call costs the caller what it would cost the loop, and loops are scarcer than callers. A dial for a socket or an
    /// answer that is over by now, as it mostly is on a machine's own addresses, needs no loop at all.
    ///
    /// - Returns: how the dial has ended; `nil` when it has not, and `start` must follow.
    func begin() -> Ending? {
        // A task that was cancelled before it came here opens no socket.
        readPost()
        switch plan.start {
        case .lookUp:
            carryOut(dial.start(at: now))
        case .known(let destinations, let source):
            if case .answer = plan.question.goal {
                known = KnownAddresses(destinations.compactMap { $0.endpoint?.address })
            }
            carryOut(dial.start(with: destinations, from: source, at: now))
        }
        guard nextPending < pending.count, case .finish(let ending) = pending[nextPending], winner == nil else {
            return nil
        }
        pending = ActionList()
        return end(as: ending)
    }

    /// Takes the dial to its end; on the loop, once, after `begin`.
    ///
    /// - Parameter end: called once, on the loop, when every loser has been closed.
    func start(_ end: @escaping @Sendable (Ending) -> Void) {
        loop.assertInEventLoop()
        self.end = end
        isOnLoop = true
        carryOut(ActionList())
        readPost()
    }

    /// Calls the dial off; from any thread.
    package func cancel() {
        deliver(.cancel)
    }
}

// MARK: - Time and post

extension DialDriver {
    var now: Duration {
        since(startedAt, until: loop.now)
    }

    private func since(_ start: NIODeadline, until end: NIODeadline) -> Duration {
        .nanoseconds((end - start).nanoseconds)
    }

    /// Leaves a letter with the time of now; whoever leaves the first one sends for the loop.
    private func deliver(_ letter: Letter, at time: NIODeadline? = nil) {
        let time = time ?? loop.now
        let mustCall = post.withLockedValue { post in
            post.letters.append((letter, time))
            defer { post.isExpected = true }
            return !post.isExpected
        }
        guard mustCall else { return }
        loop.execute { self.readPost() }
    }

    private func readPost() {
        let isOnLoop = isOnLoop
        let letters = post.withLockedValue { post in
            defer { post.letters.removeAll() }
            post.isExpected = !isOnLoop
            return post.letters
        }
        for (letter, time) in letters {
            let time = since(startedAt, until: time)
            switch letter {
            case .lookup(let event): read(event, at: time)
            case .targetLookup(let name, let event): read(event, ofTarget: name)
            case .socketReady(let destination): ask(destination, at: time)
            case .cancel: carryOut(dial.cancel(at: time))
            }
        }
        setTimer()
    }

    private func read(_ event: LookupEvent, at time: Duration) {
        switch event {
        case .started:
            dial.lookupStarted(at: time)
        case .answered(let answer):
            guard case .lookUp(let port) = plan.start else { return }
            if services != nil {
                foundForHost(answer)
                return
            }
            known.add(answer, wanting: plan.families, from: plan.connector, plan.memory, at: loop.now)
            let destinations = known.inDestinationOrder.map {
                Destination.internet(Endpoint(address: $0, port: port))
            }
            for candidate in known.candidates {
                guard case .connected(let roundTrip) = candidate.experience else { continue }
                dial.expect(roundTrip, to: .internet(Endpoint(address: candidate.destination, port: port)))
            }
            // Attempts start now, however long ago the answer came: their clock must not pay for a late loop.
            carryOut(dial.answered(answer, all: destinations, at: now))
        case .bound(let answer):
            bound(answer)
        case .caughtUp:
            hasCaughtUp(Self.hostCatchingUp)
        case .ended(let error):
            lookup = nil
            if services == nil { carryOut(dial.lookupEnded(error, at: now)) } else { hostEnded(error) }
            hasCaughtUp(Self.hostCatchingUp)
        }
    }

    /// Looks up where a binding's target is. The search list is not for what DNS itself has said, so the name is absolute.
    func lookUpTarget(_ name: String) {
        let question = LookupQuestion(name: name + ".", families: plan.families)
        services?.targets[name] = ServiceDial.Target(
            lookup: plan.resolver.lookUp(question, for: plan.asker) { self.deliver(.targetLookup(name, $0)) }
        )
    }

    /// Has the loop come back when the dial wants to be woken. A stale wake does no harm.
    func setTimer() {
        guard isOnLoop else { return }
        guard let wake = dial.wakeTime else {
            timer?.scheduled.cancel()
            timer = nil
            return
        }
        if let timer {
            if timer.wakes <= wake { return }
            timer.scheduled.cancel()
        }
        let (seconds, attoseconds) = wake.components
        // Rounded up: a loop that came a fraction of a nanosecond early would come again and again.
        let nanoseconds = min(seconds, 1_000_000_000) * 1_000_000_000 + (attoseconds + 999_999_999) / 1_000_000_000
        let scheduled = loop.scheduleTask(deadline: startedAt + .nanoseconds(nanoseconds)) { self.wake() }
        timer = (wake, scheduled)
    }

    /// A timer has gone off: first the post is read and the sockets are asked, then the clocks are looked at (rule 6).
    private func wake() {
        timer = nil
        // The clock is looked at first, and the verdict is as of then: a process that stands still meanwhile has not
        // been silent.
        let moment = now
        readPost()
        for attempt in attempts { ask(attempt.destination, at: now) }
        carryOut(dial.wake(at: moment))
        setTimer()
    }
}

// MARK: - Actions

extension DialDriver {
    /// Carries actions out in order; those that follow from one of them come after it, without a deeper stack.
    func carryOut(_ actions: ActionList<DialAction>) {
        pending = pending + actions
        guard !isCarryingOut else { return }
        isCarryingOut = true
        defer { isCarryingOut = false }
        while nextPending < pending.count {
            let action = pending[nextPending]
            if !isOnLoop, action.needsLoop { return }
            nextPending += 1
            switch action {
            case .lookUp: lookUp()
            case .leaveLookup: leaveLookup()
            case .catchUp: catchUp(late: dial.lateness)
            case .reachStartingLine: plan.onStart?()
            case .open(let destination): open(destination)
            case .close(let destination): close(destination)
            case .handOver(let destination): handOver(destination)
            case .closeWinner: winner?.close(promise: nil)
            case .finish(let ending): finish(ending)
            }
        }
        pending = ActionList()
        nextPending = 0
    }

    private func lookUp() {
        askAgainForTargets()
        guard let question = plan.question.lookup, takeHostTurn() else {
            noteQueue()
            return
        }
        // A local name is answered before `lookUp` returns: its letters are read right here, without a call by the loop.
        post.withLockedValue { $0.isExpected = true }
        lookup = plan.resolver.lookUp(question, for: plan.asker) { self.deliver(.lookup($0)) }
        readPost()
        dial.lookupQueued(at: now)
    }

    private func leaveLookup() {
        _ = lookup?.withdraw()
        lookup = nil
        leaveTargetLookups()
    }

    private func open(_ destination: Destination) {
        if let services {
            services.bindings[destination] = services.lookups.binding(of: destination).map(WinningBinding.init)
        }
        switch plan.connector.open(destination, with: plan.sockets) {
        case .shortage:
            carryOut(dial.outOfDescriptors(destination, at: now))
        case .failed(let failure):
            fail(destination, failure, at: now)
        case .opened(let socket, .connected):
            attempts.append(Attempt(destination: destination, socket: socket))
            carryOut(dial.connected(destination, at: now))
        case .opened(let socket, .failed(let failure)):
            plan.connector.close(socket)
            fail(destination, failure, at: now)
        case .opened(let socket, .pending):
            attempts.append(Attempt(destination: destination, socket: socket))
            watch(destination)
        }
    }

    /// Out of line: on this machine's own addresses there is nothing to watch, and whoever opens would pay for it.
    @inline(never)
    private func watch(_ destination: Destination) {
        guard let index = attempts.firstIndex(where: { $0.destination == destination }) else { return }
        do {
            attempts[index].watch = try plan.connector.watch(attempts[index].socket) { time in
                self.deliver(.socketReady(destination), at: time)
            }
        } catch {
            close(destination)
            guard let shortage = error.shortage else {
                fail(destination, error, at: now)
                return
            }
            carryOut(dial.outOfDescriptors(destination, shortage, at: now))
        }
    }

    /// Asks one attempt's socket how far it is.
    private func ask(_ destination: Destination, at time: Duration) {
        guard let attempt = attempts.first(where: { $0.destination == destination }) else { return }
        switch plan.connector.ask(attempt.socket) {
        case .connected:
            carryOut(dial.connected(destination, at: time))
        case .failed(let failure):
            close(destination)
            fail(destination, failure, at: time)
        case .pending:
            // The report was spent on a false alarm, or this is a timer's question and the watch goes on.
            if let token = attempt.watch, !plan.connector.isWatching(token) { watch(destination) }
        }
    }

    private func fail(_ destination: Destination, _ failure: AttemptFailure, at time: Duration) {
        carryOut(dial.failed(destination, failure, at: time, toldAt: now))
    }

    /// Takes an attempt's socket out of the race and off the poller.
    func take(_ destination: Destination) -> AttemptSocket? {
        guard let index = attempts.firstIndex(where: { $0.destination == destination }) else { return nil }
        let attempt = attempts.remove(at: index)
        if let token = attempt.watch { plan.connector.forget(token, attempt.socket) }
        return attempt.socket
    }

    private func close(_ destination: Destination) {
        if let socket = take(destination) { plan.connector.close(socket) }
    }

    private func finish(_ ending: DialAction.Ending) {
        timer?.scheduled.cancel()
        timer = nil
        guard let end else { return }
        self.end = nil
        if let ending = self.end(as: ending) { end(ending) }
        if winner != nil {
            winner = nil
            winnerDescriptor = nil
        }
        // A future of the caller's that never ends must not keep the driver, which waits for it, alive.
        initialized = nil
    }

    /// The dial's end as its face tells of it.
    private func end(as ending: DialAction.Ending) -> Ending? {
        plan.memory?.note(ending.splits.attempts, among: known.candidates, at: loop.now)
        switch ending {
        case .answered(let splits):
            let addresses = known.inDestinationOrder
            // An answer has no attempts but those that the policy has forbidden.
            if splits.attempts.isEmpty { return .addresses(addresses, splits) }
            let vetoed = splits.attempts.compactMap { $0.destination.endpoint?.address }
            return .addresses(addresses.filter { !vetoed.contains($0) }, splits)
        case .failed(let error): return .failed(error)
        case .connected(let destination, let splits):
            let binding = services?.bindings[destination]
            if let winner { return .channel(winner, destination, binding, splits) }
            return take(destination).map { .descriptor($0.descriptor, destination, binding, splits) }
        }
    }
}
