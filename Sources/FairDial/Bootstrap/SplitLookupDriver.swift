// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NameResolution

/// Carries one `SplitLookup` out: the lookup's events and a timer go in, two promises are fulfilled.
@available(FairDial 0.1, *)
final class SplitLookupDriver: Sendable {
    private struct State: Sendable {
        var lookup: SplitLookup
        var handle: (any LookupHandle)?
        var isEnded = false
        /// Whether both parts have been told.
        var isTold = false
        /// Whether that was on the loop, which has kept the promises then.
        var isKept = false
        var timer: (scheduled: NIOScheduledCallback, wakeUp: WakeUp)?
    }

    /// The part that is dialed first, both families in it.
    let first: EventLoopFuture<[SocketAddress]>
    /// What comes later.
    let second: EventLoopFuture<[SocketAddress]>

    private let promises: (first: EventLoopPromise<[SocketAddress]>, second: EventLoopPromise<[SocketAddress]>)
    private let loop: any EventLoop
    private let startedAt: NIODeadline
    private let target: Target
    private let state: NIOLockedValueBox<State>

    init(_ lookup: SplitLookup, for target: Target, on loop: any EventLoop) {
        promises = (loop.makePromise(), loop.makePromise())
        (first, second) = (promises.first.futureResult, promises.second.futureResult)
        self.loop = loop
        self.target = target
        startedAt = loop.now
        state = NIOLockedValueBox(State(lookup: lookup))
    }

    private var now: Duration { .nanoseconds((loop.now - startedAt).nanoseconds) }

    /// Asks the resolver.
    func begin(_ resolver: any AddressResolver, _ question: LookupQuestion, for fairnessKey: FairnessKey) {
        let handle = resolver.lookUp(question, for: fairnessKey) { event in
            let isEnd = if case .ended = event { true } else { false }
            self.update { state in
                if isEnd { (state.handle, state.isEnded) = (nil, true) }
                return state.lookup.told(event, at: self.now)
            }
        }
        // It may have ended before it was there.
        state.withLockedValue { if !$0.isEnded { $0.handle = handle } }
        setTimer()
    }

    private func setTimer() {
        var wanted = state.withLockedValue { $0.lookup.wakeTime }
        while let wake = wanted {
            // Without a promise, which could not be kept on a loop that is shut down.
            let wakeUp = WakeUp(self)
            guard let scheduled = try? loop.scheduleCallback(at: startedAt + TimeAmount(wake.bounded), handler: wakeUp)
            else { return loopEnded() }
            let (older, next) = state.withLockedValue { state in
                defer { state.timer = (scheduled, wakeUp) }
                return (state.timer, state.lookup.wakeTime)
            }
            older?.scheduled.cancel()
            // The resolver's thread may have set a timer since `wake` was read, and that is the one just cancelled. One
            // that is too early does no harm.
            if let next, next >= wake { return }
            wanted = next
        }
        endTimer()
    }

    /// What the loop holds.
    private final class WakeUp: NIOScheduledCallbackHandler, Sendable {
        private let driver: SplitLookupDriver

        init(_ driver: SplitLookupDriver) {
            self.driver = driver
        }

        func handleScheduledCallback(eventLoop: some EventLoop) {
            driver.state.withLockedValue { if $0.timer?.wakeUp === self { $0.timer = nil } }
            driver.update { $0.lookup.advance(to: driver.now) }
            driver.setTimer()
        }

        /// A timer that we have cancelled is known no longer by then: else the loop has been shut down.
        func didCancelScheduledCallback(eventLoop: some EventLoop) {
            if driver.state.withLockedValue({ $0.timer?.wakeUp === self }) { driver.loopEnded() }
        }
    }

    private func endTimer() {
        let timer = state.withLockedValue { state in
            defer { state.timer = nil }
            return state.timer
        }
        timer?.scheduled.cancel()
    }

    /// The loop is at its last turn, or gone: the lookup is left, and the promises end here.
    private func loopEnded() {
        let (handle, isTold) = state.withLockedValue { state in
            defer { (state.handle, state.isEnded, state.isTold, state.timer) = (nil, true, true, nil) }
            return (state.isEnded ? nil : state.handle, state.isTold)
        }
        _ = handle?.cancel()
        if isTold { return }
        let error = DialError(.eventLoopShutdown, "the event loop was shut down during lookup", target: "\(target)")
        promises.first.fail(error)
        promises.second.fail(error)
        noteKept()
    }

    private func noteKept() {
        if loop.inEventLoop { state.withLockedValue { $0.isKept = true } }
    }

    deinit {
        guard !state.withLockedValue({ $0.isKept }), LoopProbe.isGone(loop) else { return }
        // A loop that is gone has dropped what it was told, and NIO traps where a promise is dropped unfulfilled.
        _ = Unmanaged.passRetained(promises.first.futureResult)
        _ = Unmanaged.passRetained(promises.second.futureResult)
    }

    private func update(_ change: (inout State) -> [SplitLookup.Action]) {
        let (actions, mustSetTimer) = state.withLockedValue { state in
            let before = state.lookup.wakeTime
            let actions = change(&state)
            let after = state.lookup.wakeTime
            return (actions, after.map { wake in before.map { wake < $0 } ?? true } ?? false)
        }
        for action in actions { carryOut(action) }
        if mustSetTimer {
            setTimer()
        } else if state.withLockedValue({ $0.lookup.wakeTime == nil && $0.timer != nil }) {
            endTimer()
        }
    }

    private func carryOut(_ action: SplitLookup.Action) {
        let port = target.port ?? 0
        let form = { (address: IPAddress) in SocketAddress(Endpoint(address: address, port: port)) }
        switch action {
        case .tellFirst(let addresses):
            promises.first.succeed(addresses.map(form))
        case .tellSecond(let addresses):
            tell { $0.second.succeed(addresses.map(form)) }
        case .fail(let failure):
            let error = DialError(
                failure.code,
                failure.message,
                target: "\(target)",
                report: failure.report,
                resolutionError: failure.resolutionError
            )
            tell {
                $0.first.fail(error)
                $0.second.fail(error)
            }
        case .catchUp:
            let handle = state.withLockedValue { $0.handle }
            let silentServers = handle?.silentServers ?? []
            state.withLockedValue { $0.lookup.silentServers = silentServers }
            if handle?.catchUp(late: .zero) != true { update { $0.lookup.cannotCatchUp(at: now) } }
        case .cancel: _ = state.withLockedValue { $0.handle }?.cancel()
        }
    }

    /// Tells the last of it, unless the loop's end has told it before.
    private func tell(
        _ body: ((first: EventLoopPromise<[SocketAddress]>, second: EventLoopPromise<[SocketAddress]>)) -> Void
    ) {
        let isTold = state.withLockedValue { state in
            defer { state.isTold = true }
            return state.isTold
        }
        if isTold { return }
        body(promises)
        noteKept()
    }
}
