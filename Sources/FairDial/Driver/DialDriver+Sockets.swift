// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The sockets of the race: opened, watched, asked, and closed where they have lost; the winner's is handed over.
@available(FairDial 0.1, *)
extension DialDriver {
    /// A socket in the race.
    struct Attempt {
        let destination: Destination
        let socket: AttemptSocket
        var watch: AttemptSocket.WatchToken?
    }

    func open(_ destination: Destination) {
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

    /// Out of line: on this machine's own addresses there is nothing to watch, and every `open` would pay for it.
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
    func ask(_ destination: Destination, at time: Duration) {
        guard let attempt = attempts.first(where: { $0.destination == destination }) else { return }
        switch plan.connector.ask(attempt.socket) {
        case .connected:
            carryOut(dial.connected(destination, at: time))
        case .failed(let failure):
            close(destination)
            fail(destination, failure, at: time)
        case .pending:
            // The poller's one report was a false alarm, so watch again; or a timer asks, and the watch goes on.
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

    func close(_ destination: Destination) {
        if let socket = take(destination) { plan.connector.close(socket) }
    }
}

// MARK: - The winner

/// Rule 7: a channel is made here alone, of the winner, once.
@available(FairDial 0.1, *)
extension DialDriver {
    func handOver(_ destination: Destination) {
        guard let socket = take(destination) else { return }
        dial.handOverBegins(at: now)
        winnerDescriptor = socket.descriptor
        let observed = plan.readiness == nil ? nil : loop.makePromise(of: Void.self)
        let initializer: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            self.winner = channel
            self.hasMadeChannel = true
            self.tellWinner(destination)
            return self.initialize(channel, observed)
        }
        let made = plan.connector.makeChannel(
            of: socket,
            over: plan.sockets.transport,
            on: loop,
            initializer: initializer
        )
        made.whenComplete { result in
            switch result {
            case .success(let channel):
                guard let readiness = self.plan.readiness, let observed = observed?.futureResult else {
                    self.carryOut(self.dial.ready(at: self.now))
                    break
                }
                switch readiness {
                case .tlsHandshake: self.readyWhen(observed)
                case .when(let ready):
                    observed.whenFailure { self.isNotReady($0) }
                    self.readyWhen(ready(channel).hop(to: self.loop))
                }
                // A channel that closes will never be ready, whatever the caller's future is waiting for.
                // Weakly: a channel may live for years after its dial.
                channel.closeFuture.hop(to: self.loop).whenComplete { [weak self] _ in
                    self?.isNotReady(ChannelError.eof)
                }
            case .failure(let error):
                // NIO does not take a descriptor for which it could not even make a channel; of a channel that there
                // was once, it has closed the descriptor, and the number may be another file's by now.
                if !self.hasMadeChannel { self.plan.connector.close(socket) }
                observed?.fail(error)
                let code: DialError.Code = self.hasInitializerFailed ? .initializerFailed : .handshakeFailed
                if error as? EventLoopError == .shutdown, code == .handshakeFailed { return self.loopEnded() }
                self.carryOut(self.dial.handshakeFailed(code, error, at: self.now))
            }
            self.setTimer()
        }
    }

    /// Tells a caller who wants to know before the initializer runs which record has won.
    private func tellWinner(_ destination: Destination) {
        guard plan.onBinding != nil || plan.onWinner != nil else { return }
        let record = dial.winningRecord(of: destination)
        if let binding = record?.binding { plan.onBinding?(binding) }
        plan.onWinner?(DialWinner(destination, of: plan.question.target, record))
    }

    /// Runs the caller's initializer, and what of ours comes before and after it.
    private func initialize(_ channel: any Channel, _ observed: EventLoopPromise<Void>?) -> EventLoopFuture<Void> {
        let hold = plan.holdsReads ? ReadHold(readsForHandshake: plan.readiness != nil) : nil
        do {
            try hold?.begin(on: channel)
        } catch {
            return loop.makeFailedFuture(error)
        }
        let initialized = plan.initializer(channel).hop(to: loop)
        self.initialized = initialized
        // On the loop, a future that has ended calls back at once.
        var isInitialized = false
        initialized.assumeIsolated().whenComplete { _ in isInitialized = true }
        if isInitialized, hold == nil, observed == nil {
            return isClosed(channel) ? loop.makeFailedFuture(ChannelError.ioOnClosedChannel) : initialized
        }
        let handlers = NIOLoopBound((hold, observed), eventLoop: loop)
        return initialized.flatMapThrowing {
            // NIO must not be told that a channel is ready that has been closed meanwhile.
            if self.dial.isOver || self.isClosed(channel) { throw ChannelError.ioOnClosedChannel }
            let (hold, observed) = handlers.value
            let pipeline = channel.pipeline.syncOperations
            if let hold { try pipeline.addHandler(hold) }
            if let observed { try pipeline.addHandler(ReadinessObserver(observed, awaitsTLS: self.awaitsTLS)) }
        }
    }

    /// Whether the caller's initializer has closed the channel, or lost it: a closed channel of NIO's has no options.
    func isClosed(_ channel: any Channel) -> Bool {
        guard let options = channel.syncOptions else { return false }
        return (try? options.getOption(.autoRead)) == nil
    }

    /// Whether the caller's initializer has begun and not ended.
    var isInitializing: Bool {
        guard let initialized else { return false }
        // On the loop, a future that has ended calls back at once.
        var hasEnded = false
        initialized.assumeIsolated().whenComplete { _ in hasEnded = true }
        return !hasEnded
    }

    private var hasInitializerFailed: Bool {
        // On the loop, a future that has ended calls back at once.
        var hasFailed = false
        initialized?.assumeIsolated().whenFailure { _ in hasFailed = true }
        return hasFailed
    }

    var awaitsTLS: Bool {
        if case .tlsHandshake = plan.readiness { true } else { false }
    }

    private func readyWhen(_ ready: EventLoopFuture<Void>) {
        ready.whenComplete { result in
            switch result {
            case .success:
                let channel = self.winner
                self.carryOut(self.dial.ready(at: self.now))
                // It leaves by itself where it has seen what it waits for.
                guard let observer = try? channel?.pipeline.syncOperations.handler(type: ReadinessObserver.self) else {
                    break
                }
                channel?.pipeline.syncOperations.removeHandler(observer, promise: nil)
            case .failure(let error): self.isNotReady(error)
            }
            self.setTimer()
        }
    }

    private func isNotReady(_ error: any Error) {
        guard !dial.isOver else { return }
        if let closed = error as? ReadinessObserver.ClosedHere {
            if SupportedLoops.isShuttingDown(loop) { return loopEnded() }
            carryOut(dial.handshakeFailed(.handshakeFailed, closed.cause ?? ChannelError.eof, at: now))
        } else {
            carryOut(dial.handshakeFailed(.handshakeFailed, error, at: now))
        }
        setTimer()
    }
}
