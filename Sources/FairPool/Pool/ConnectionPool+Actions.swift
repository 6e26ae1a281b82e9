// SPDX-License-Identifier: Apache-2.0

import FairDial
import NIOCore
import SystemSupport

/// What the machine wants done.
@available(FairDial 0.1, *)
extension ConnectionPool {
    func carryOut(_ action: PoolAction) {
        switch action {
        case .dial(let id, let target, let endpoints): dial(id, target, at: endpoints)
        case .lookUp(let target): lookUp(target)
        case .cancelLookUp(let target): state.withMachine { $0.lookUps[target] }?.cancel()
        case .admit(let id, let connection):
            let admissions = state.withMachine { state in
                state.dials[id]?.connection = connection
                defer { state.dials[id]?.admissions = [] }
                return state.dials[id]?.admissions ?? []
            }
            for admit in admissions { admit() }
        case .cancel(let id): state.withMachine { $0.dials[id]?.cancellation }?.cancel()
        case .hand(let id, let waiter):
            let (connection, tell) = state.withMachine { state in
                (state.connections[id], state.waiters.removeValue(forKey: waiter)?.tell)
            }
            guard let connection else {
                // The machine hands out no connection after its close; a caller that waits is told in any case.
                tell?(.failure(PoolError(.dialFailed, "the connection closed as it was handed over")))
                return
            }
            // The caller may have left in this moment: then the next one has it.
            if let tell { return tell(.success(connection)) }
            checkIn(Self.connection(connection), isBroken: false, wasUsed: false)
        case .fail(let waiter, let failure): fail(waiter, failure)
        case .check(let id): check(id)
        case .close(let id, let isByForce):
            let connection = state.withMachine { $0.connections.removeValue(forKey: id) }
            guard let channel = connection.map(Self.connection)?.channel else { return }
            if isByForce { Self.closeByForce(channel) } else { channel.close(promise: nil) }
        case .closeRest: for channel in state.withMachine({ $0.openChannels.values }) { Self.closeByForce(channel) }
        case .tell(let event): tell(event)
        case .finish:
            state.withMachine { $0.mayFinish = true }
            finish()
        }
    }

    /// Closes a channel past its handlers: one may hold a close back, or wait for a peer that says nothing.
    static func closeByForce(_ channel: any Channel) {
        // The loop of one that has closed may have ended.
        guard channel.isActive else { return }
        let loop = channel.eventLoop
        if loop.inEventLoop { AbruptClose.close(channel) } else { loop.execute { AbruptClose.close(channel) } }
    }

    /// The pool is over, once its channels have closed too.
    func finish() {
        let (closers, timer) = state.withMachine { state -> ([@Sendable () -> Void], NIOScheduledCallback?) in
            guard state.mayFinish, !state.isFinished, state.openChannels.isEmpty || state.hasLostLoop else {
                return ([], nil)
            }
            state.isFinished = true
            defer { (state.closers, state.timer) = ([], nil) }
            return (state.closers, state.timer?.scheduled)
        }
        timer?.cancel()
        if state.withMachine({ $0.isFinished }) { endEvents() }
        for done in closers { done() }
    }

    private func fail(_ waiter: PoolWaiterID, _ failure: PoolFailure) {
        let (left, lastError, size) = state.withMachine { state in
            (state.waiters.removeValue(forKey: waiter), state.lastError, PoolSize(of: state.machine))
        }
        guard let left else { return }
        let waited = Duration.nanoseconds((NIODeadline.now() - left.since).nanoseconds)
        let error = PoolError(failure, waited: waited, of: waitTimeout, size, lastError)
        left.tell(.failure(error))
    }
}
