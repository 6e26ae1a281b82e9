// SPDX-License-Identifier: Apache-2.0

import FairDial
import IPAddresses
import NIOCore
import NameResolution
import SystemSupport

/// What the machine wants of connections: they are dialed, and checked, and what becomes of them is told.
@available(FairDial 0.1, *)
extension ConnectionPool {
    func check(_ id: PooledConnectionID) {
        guard let connection = state.withMachine({ $0.connections[id] }).map(Self.connection) else { return }
        guard connection.channel.isActive, let check else { return checked(id, lives: connection.channel.isActive) }
        check(connection).whenComplete { result in
            if case .success = result { self.checked(id, lives: true) } else { self.checked(id, lives: false) }
        }
    }

    private func checked(_ id: PooledConnectionID, lives: Bool) {
        update { $0.machine.checked(id, lives: lives, at: $1, &$2) }
    }

    /// - Parameter endpoints: the addresses to dial, as the name's last answer has them; empty for the target itself.
    func dial(_ id: PoolDialID, _ number: Int, at endpoints: [Endpoint]) {
        guard targets.indices.contains(number) else {
            let error = DialError(.noUsableAddress, "the pool has no target: give one at least", target: "")
            return ended(id, .failure(error))
        }
        var target = targets[number]
        if !endpoints.isEmpty {
            target = .answer(FairDial.Answer(target: target, endpoints: endpoints, report: DialReport(source: .cache)))
        }
        var options = options
        let cancellation = DialCancellation()
        options.cancellation = cancellation
        options.admission = { admit in
            if self.state.withMachine({ $0.asks(id, admit) }) { return admit() }
            self.update { $0.machine.asks(id, at: $1, &$2) }
        }
        state.withMachine { $0.dials[id] = PoolState.DialInFlight(cancellation: cancellation) }
        // The caller whose thread this is may be any one: its span is not this dial's parent.
        DialScope.$isOwn.withValue(true) {
            connect(target, options, dialer.configuration.group.next()).whenComplete { self.ended(id, $0) }
        }
    }

    private func ended(_ id: PoolDialID, _ result: Result<Connection<Output>, any Error>) {
        switch result {
        case .success(let connection): connected(id, connection)
        case .failure(let error):
            let error = error as? DialError ?? DialError(.allAttemptsFailed, "\(error)", target: "")
            update { state, now, actions in
                state.dials[id] = nil
                let before = state.lastError
                // Callers whom the machine tells now are told of this one.
                state.lastError = error
                if !state.machine.failed(id, error, at: now, &actions) { state.lastError = before }
            }
        }
    }

    private func connected(_ id: PoolDialID, _ connection: Connection<Output>) {
        var kept: PooledConnectionID?
        let channel = connection.channel
        let service = service.flatMap { $0(connection.output) }
        let endpoint = connection.destination.endpoint
        update { state, now, actions in
            if let number = state.dials.removeValue(forKey: id)?.connection, state.machine.awaits(id) {
                let pooled = PooledConnection(id: number, connection)
                state.connections[number] = pooled
                state.lastError = nil
                kept = number
            }
            // Also of one that was cancelled, and connected all the same: a pool that is closed has closed it.
            state.openChannels[id] = channel
            state.machine.connected(
                id,
                to: endpoint,
                service: service,
                after: connection.report.attempts,
                hasClosed: !channel.isActive,
                at: now,
                &actions
            )
        }
        // Nobody has seen it, and nobody is to wait for its handlers.
        if kept == nil { Self.closeByForce(channel) }
        channel.closeFuture.whenComplete { [kept] _ in
            self.update { state, now, actions in
                // It stays known until the outbox has come to its `close`: a `hand` may be before that one.
                state.openChannels[id] = nil
                if let kept { state.machine.closedItself(kept, at: now, &actions) }
            }
            self.finish()
        }
    }
}
