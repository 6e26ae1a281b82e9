// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import NIOCore

/// Rule 7: the one place where a channel is made, of the winner, once.
extension DialDriver {
    func handOver(_ destination: Destination) {
        guard let socket = take(destination) else { return }
        dial.handOverBegins(at: now)
        winnerDescriptor = socket.descriptor
        let tlsHandshake = awaitsTLS ? loop.makePromise(of: Void.self) : nil
        let initializer: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            self.winner = channel
            self.hasMadeChannel = true
            if let told = self.plan.bindings?.onBinding, let binding = self.services?.bindings[destination] {
                told(binding.binding)
            }
            let initialized = self.plan.initializer(channel)
            self.initialized = initialized
            guard let tlsHandshake else { return initialized }
            return initialized.flatMapThrowing {
                try channel.pipeline.syncOperations.addHandler(TLSHandshakeObserver(tlsHandshake))
            }
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
                self.awaitReadiness(of: channel, tlsHandshake?.futureResult)
            case .failure(let error):
                // NIO does not take a descriptor for which it could not even make a channel; of a channel that there was
                // once, it has closed the descriptor, and the number may be somebody else's by now.
                if !self.hasMadeChannel { self.plan.connector.close(socket) }
                tlsHandshake?.fail(error)
                let code: DialError.Code = self.hasInitializerFailed ? .initializerFailed : .handshakeFailed
                self.carryOut(self.dial.handshakeFailed(code, error, at: self.now))
            }
            self.setTimer()
        }
    }

    private var hasInitializerFailed: Bool {
        // On the loop, a future that has ended calls back at once.
        var hasFailed = false
        initialized?.assumeIsolated().whenFailure { _ in hasFailed = true }
        return hasFailed
    }

    private var awaitsTLS: Bool {
        if case .tlsHandshake = plan.readiness?.condition { true } else { false }
    }

    private func awaitReadiness(of channel: any Channel, _ tlsHandshake: EventLoopFuture<Void>?) {
        guard let readiness = plan.readiness else {
            carryOut(dial.ready(at: now))
            return
        }
        let ready: EventLoopFuture<Void>
        switch readiness.condition {
        case .tlsHandshake: ready = tlsHandshake ?? loop.makeSucceededVoidFuture()
        case .future(let future): ready = future(channel).hop(to: loop)
        }
        ready.whenComplete { result in
            switch result {
            case .success: self.carryOut(self.dial.ready(at: self.now))
            case .failure(let error): self.carryOut(self.dial.handshakeFailed(.handshakeFailed, error, at: self.now))
            }
            self.setTimer()
        }
        // A channel that closes will never be ready, whatever the caller's future is waiting for.
        // Weakly: a channel may live for years after its dial.
        channel.closeFuture.hop(to: loop).whenComplete { [weak self] _ in
            guard let self else { return }
            carryOut(dial.handshakeFailed(.handshakeFailed, ChannelError.eof, at: now))
            setTimer()
        }
    }
}
