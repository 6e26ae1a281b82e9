// SPDX-License-Identifier: Apache-2.0

package import IPAddresses
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix
import NameResolution
import SystemSupport

/// Carries out one dial's actions on one event loop, and tells it what happens and when.
///
/// Everything but `mailbox` is touched by `begin`, before any other code knows of the driver, and then on `loop` alone,
/// which is why the class may call itself `Sendable`; debug builds assert it. What other threads have to say comes by
/// `mailbox`, with the time at which it happened, and is read before any timer is looked at.
@available(FairDial 0.1, *)
package final class DialDriver: @unchecked Sendable {
    /// What a dial brought, for the `connect` that started it.
    package enum Ending: Sendable {
        case channel(any Channel, Destination, WinningRecord?, DialReport)
        case descriptor(CInt, Destination, WinningRecord?, DialReport)
        case addresses([IPAddress], DialReport, timeToLive: Duration?)
        case failed(DialError)
    }

    enum Event: Sendable {
        case lookup(LookupID, LookupEvent)
        case records(LookupID, RecordEvent)
        case socketReady(Destination)
        case admitted
        case cancel
    }

    private struct Mailbox: Sendable {
        var events: [(Event, NIODeadline)] = []
        /// Whether the loop has been told to read it; at first `start` will.
        var isExpected = true
    }

    let loop: any EventLoop
    let plan: DialPlan
    private let startedAt: NIODeadline
    private let mailbox = NIOLockedValueBox(Mailbox())
    /// What to call at the end; `nil` before the start and after the end.
    private var end: (@Sendable (Ending) -> Void)?

    /// The handles of the lookups in flight.
    private var lookups = LookupHandles()
    // The loop is the only one that touches these, and no access to one calls what touches it again: `Dial` calls no
    // other code, and `carryOut` takes each action out before it is carried out. So the run-time checks, a thousand
    // instructions for each dial, can find nothing.
    @exclusivity(unchecked) var attempts: [Attempt] = []
    @exclusivity(unchecked) var dial: Dial
    var winner: (any Channel)?
    /// What the winner was made of; the channel's to close.
    var winnerDescriptor: CInt?
    /// The channel initializer's future; it shows whether the initializer is why there is no channel.
    var initialized: EventLoopFuture<Void>?
    /// Whether there was a channel once: then the winner's descriptor is the channel's to close.
    var hasMadeChannel = false
    @exclusivity(unchecked) private var pending = ActionList<DialAction>()
    @exclusivity(unchecked) private var nextPending = 0
    private var isCarryingOut = false
    /// Whether `start` has come: until then the driver is its caller's alone.
    private(set) var isOnLoop = false
    /// Whether its loop was shut down and dropped it: then the thread that dropped it is its only owner.
    private var isDropped = false
    /// Set from `start` until the dial is over, so that the loop tells of its own end at any stage.
    private var timer: (wakes: Duration, scheduled: NIOScheduledCallback)?
    /// The dial's ticket in the queue for descriptors and threads, while it waits there.
    var ticket: ShortageQueue.Ticket?

    init(_ plan: DialPlan, on loop: any EventLoop) {
        self.plan = plan
        self.loop = loop
        startedAt = loop.now
        dial = Dial(plan.question, at: .nanoseconds(Int64(clamping: startedAt.uptimeNanoseconds)))
    }

    /// Begins the dial: asks for the lookup or opens the first socket, on the caller's own thread, before any other
    /// code knows of the driver. What needs the loop waits for `start`, which must follow.
    ///
    /// A socket call costs the caller what it would cost the loop, and loops are scarcer than callers. A dial for a
    /// socket or an answer that is over by now, as it mostly is on a machine's own addresses, needs no loop at all.
    ///
    /// - Returns: how the dial has ended; `nil` when it has not, and `start` must follow.
    func begin() -> Ending? {
        if let cancellation = plan.cancellation { cancellation.add(self) }
        // A task that was cancelled before it came here opens no socket.
        readMailbox()
        switch plan.start {
        case .lookUp:
            carryOut(dial.start(at: now))
        case .known(let destinations, let source):
            carryOut(dial.start(with: destinations, from: source, at: now))
        }
        guard nextPending < pending.count, case .finish(let ending) = pending[nextPending], winner == nil else {
            return nil
        }
        pending = ActionList()
        return finish(ending)
    }

    /// Sends the dial to its loop, from any thread, once, after `begin`.
    ///
    /// - Parameter end: called once, when every loser has been closed: on the loop; where the loop has been shut down
    ///   before, on this thread, before this returns.
    func send(_ end: @escaping @Sendable (Ending) -> Void) {
        self.end = end
        let dispatch = DialDispatch(self)
        loop.execute { dispatch.arrive() }
    }

    /// Takes the dial to its end; on the loop, once, after `begin`.
    ///
    /// - Parameter end: called once, on the loop, when every loser has been closed.
    func start(_ end: @escaping @Sendable (Ending) -> Void) {
        self.end = end
        start()
    }

    /// The same, where `end` has been set before.
    func start() {
        loop.assertInEventLoop()
        isOnLoop = true
        carryOut(ActionList())
        readMailbox()
    }

    /// Asserts in debug builds that only the dial's owner thread touches it.
    private func assertConfined() {
        assert(!isOnLoop || isDropped || loop.inEventLoop, "a dial is its event loop's alone")
    }

    /// Cancels the dial; from any thread.
    package func cancel() {
        deliver(.cancel)
    }
}

// MARK: - Time and mailbox

@available(FairDial 0.1, *)
extension DialDriver {
    var now: Duration {
        since(startedAt, until: loop.now)
    }

    private func since(_ start: NIODeadline, until end: NIODeadline) -> Duration {
        .nanoseconds((end - start).nanoseconds)
    }

    /// Puts an event into the mailbox with the time of now; the first one makes the loop read.
    func deliver(_ event: Event, at time: NIODeadline? = nil) {
        let time = time ?? loop.now
        let mustCall = mailbox.withLockedValue { mailbox in
            mailbox.events.append((event, time))
            defer { mailbox.isExpected = true }
            return !mailbox.isExpected
        }
        guard mustCall else { return }
        loop.execute { self.readMailbox() }
    }

    func readMailbox() {
        assertConfined()
        let isOnLoop = isOnLoop
        let events = mailbox.withLockedValue { mailbox in
            defer { mailbox.events.removeAll() }
            mailbox.isExpected = !isOnLoop
            return mailbox.events
        }
        for (event, time) in events {
            let time = since(startedAt, until: time)
            switch event {
            case .lookup(let id, let event):
                if case .ended = event { lookups[id] = nil }
                carryOut(dial.told(event, of: id, at: time, toldAt: now))
            case .records(let id, let event):
                if case .ended = event { lookups[id] = nil }
                carryOut(dial.told(event, of: id, at: time, toldAt: now))
            case .socketReady(let destination): ask(destination, at: time)
            case .admitted: carryOut(dial.admitted(at: time, toldAt: now))
            case .cancel: carryOut(dial.cancel(at: time))
            }
        }
        setTimer()
    }

    /// Has the loop come back when the dial wants to be woken. A stale wake does no harm.
    func setTimer() {
        guard isOnLoop else { return }
        // Nearly every dial gets its descriptor and thread at once.
        if dial.troubles != nil || ticket != nil { standInQueue() }
        guard let wake = dial.wakeTime else {
            endTimer()
            return
        }
        if let timer, timer.wakes <= wake { return }
        endTimer()
        let (seconds, attoseconds) = wake.components
        // Rounded up: a loop that came a fraction of a nanosecond early would come again and again.
        let nanoseconds = min(seconds, 1_000_000_000) * 1_000_000_000 + (attoseconds + 999_999_999) / 1_000_000_000
        do {
            timer = (wake, try loop.scheduleCallback(at: startedAt + .nanoseconds(nanoseconds), handler: self))
        } catch {
            // Only a loop that has been shut down takes no timer.
            loopEnded()
        }
    }

    private func endTimer() {
        guard let scheduled = timer?.scheduled else { return }
        // Forgotten first: a timer that is known ends only with its loop.
        timer = nil
        scheduled.cancel()
    }

    /// A timer has gone off: the mailbox is read and the sockets are asked, then the clocks are looked at (rule 6).
    fileprivate func wake() {
        timer = nil
        // The clock is looked at first, and the verdict is as of then: a process that stands still meanwhile has not
        // been silent.
        let moment = now
        readMailbox()
        for attempt in attempts { ask(attempt.destination, at: now) }
        carryOut(dial.wake(at: moment))
        setTimer()
    }
}

// MARK: - The loop's end

@available(FairDial 0.1, *)
extension DialDriver: NIOScheduledCallbackHandler {
    package func handleScheduledCallback(eventLoop: some EventLoop) {
        wake()
    }

    /// Called on the loop where it is being shut down, and on any thread where we have cancelled the timer.
    package func didCancelScheduledCallback(eventLoop: some EventLoop) {
        guard timer != nil else { return }
        timer = nil
        loopEnded()
    }

    /// The loop was shut down before it ran the dial, so only the sending thread touches it.
    func dispatchWasLost() {
        // No loop is left to carry anything out.
        isOnLoop = true
        isDropped = true
        pending = ActionList()
        loopEnded()
    }

    /// The loop has been shut down, or is at its last turns.
    func loopEnded() {
        // No loop comes to read any more.
        mailbox.withLockedValue { mailbox in
            mailbox.isExpected = true
            mailbox.events.removeAll()
        }
        carryOut(dial.loopEnded(at: now))
        // The socket that was to be handed over is in no race any more: it is closed here.
        for attempt in attempts { close(attempt.destination) }
    }
}

// MARK: - Actions

@available(FairDial 0.1, *)
extension DialDriver {
    /// Carries actions out in order; those that follow from one of them come after it, without a deeper stack.
    func carryOut(_ actions: ActionList<DialAction>) {
        assertConfined()
        if pending.isEmpty { pending = actions } else { pending.append(contentsOf: actions) }
        guard !isCarryingOut else { return }
        isCarryingOut = true
        defer { isCarryingOut = false }
        while nextPending < pending.count {
            let action = pending[nextPending]
            if !isOnLoop, action.needsLoop { return }
            nextPending += 1
            switch action {
            case .lookUp(let id):
                // A local name is answered before `lookUp` returns: its events are read right here, without a call by
                // the loop.
                mailbox.withLockedValue { $0.isExpected = true }
                let key = plan.fairnessKey
                switch dial.request(id) {
                case .addresses(let question):
                    lookups[id] = plan.resolver.lookUp(question, for: key) { self.deliver(.lookup(id, $0)) }
                case .records(let question):
                    lookups[id] = plan.resolver.lookUpRecords(question, for: key) { self.deliver(.records(id, $0)) }
                }
                if let observation = plan.observation { observation.awaits(lookups[id]?.id) }
                readMailbox()
                dial.noteQueue(at: now)
            case .cancelLookup(let id): cancelLookup(id)
            case .catchUp: catchUp(late: dial.lateness)
            case .tellStart: plan.onStart?()
            case .tellEarlyAnswer: tellEarlyAnswer()
            case .askForAdmission: plan.admission?(DialAdmission { self.deliver(.admitted) }.admit)
            case .open(let destination): open(destination)
            case .close(let destination): close(destination)
            case .handOver(let destination): handOver(destination)
            case .closeWinner: if let winner, !isInitializing { AbruptClose.close(winner) }
            case .finish(let ending): _ = finish(ending)
            }
        }
        pending = ActionList()
        nextPending = 0
    }

    private func cancelLookup(_ id: LookupID) {
        _ = lookups[id]?.cancel()
        lookups[id] = nil
    }

    private func catchUp(late: Duration) {
        if let winner, let descriptor = winnerDescriptor {
            guard winner.isActive, plan.connector.hasUnread(descriptor) else { return caughtUp() }
            // The loop reads before it comes to its timers: one more turn, and it has.
            _ = loop.scheduleTask(in: .milliseconds(1)) { self.caughtUp() }
            return
        }
        // Their events come by the mailbox, so none has caught up before the driver has asked all of them.
        let reading = lookups.catchUp(late: late)
        // As of now: when they have caught up they may have been asked again.
        dial.awaitAnswers(of: lookups.silentServers)
        carryOut(dial.isCatchingUp(reading))
        setTimer()
    }

    private func caughtUp() {
        carryOut(dial.caughtUp())
        setTimer()
    }

    /// The dial is over: tells whoever waits for its end; of a failure behind a channel, when that has closed.
    ///
    /// - Returns: the end for the `connect` that started the dial, where that has not begun to wait yet: in `begin`.
    private func finish(_ ending: DialAction.Ending) -> Ending? {
        endTimer()
        if ticket != nil { leaveQueue() }
        if let cancellation = plan.cancellation { cancellation.remove(self) }
        plan.question.order.memory?.note(ending.report.attempts, among: dial.known.candidates, at: loop.now)
        if let observation = plan.observation { tell(observation, ending) }
        let told: Ending?
        switch ending {
        case .answered(let report):
            told = .addresses(allowedAddresses(report), report, timeToLive: timeToLive)
        case .failed(let error): told = .failed(error)
        case .connected(let destination, let report):
            let record = dial.winningRecord(of: destination)
            if let winner {
                told = .channel(winner, destination, record, report)
            } else {
                told = take(destination).map { .descriptor($0.descriptor, destination, record, report) }
            }
        }
        guard let end else { return told }
        self.end = nil
        guard let told else { return nil }
        let closing = winner
        let unfinished = isInitializing ? initialized : nil
        // Of a channel that the initializer has closed, the number may be another file's by now.
        if unfinished != nil, let winner, let winnerDescriptor, !isClosed(winner) {
            plan.connector.shutDown(winnerDescriptor)
        }
        if winner != nil {
            winner = nil
            winnerDescriptor = nil
        }
        // A future of the caller's that never ends must not keep the driver, which waits for it, alive.
        initialized = nil
        if case .failed = told, let closing {
            if let unfinished {
                InitializerGrace.close(closing, after: unfinished)
                // Nothing has been made yet that the caller could have in use.
                end(told)
            } else {
                // What the initializer made may be in use until its channel has closed, so the caller is told after
                // that (rule 7).
                AbruptClose.close(closing)
                closing.closeFuture.whenComplete { _ in end(told) }
            }
        } else {
            end(told)
        }
        return nil
    }
}
