// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The sockets of the race: opened, watched, asked, and closed where they have lost.
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
