// SPDX-License-Identifier: Apache-2.0

package import ConnectionRacing
package import FairDial
package import IPAddresses
import NIOConcurrencyHelpers
package import NIOCore
import NIOEmbedded
package import NameResolution

/// A network that does as a script says, on a manual clock. Its sockets are numbers that no kernel knows.
///
/// It keeps account: what was opened when, what is open still, and every wrong call, such as closing a socket twice.
package final class ScriptedNetwork: Connector {
    /// What becomes of a destination's attempts.
    package enum Fate: Sendable {
        /// Connects within the call.
        case connectsAtOnce
        /// Connects after this long.
        case connects(after: Duration)
        /// Connects after this long, and whoever watches hears nothing of it.
        case connectsUnreported(after: Duration)
        /// Ends with this `errno` after this long; at once for zero.
        case fails(Int32, after: Duration)
        /// Never says anything.
        case hangs
    }

    /// One attempt that was opened.
    package struct Opened: Hashable, Sendable {
        /// Where it went.
        package let destination: Destination
        /// When, on the clock.
        package let at: Duration

        package init(_ destination: Destination, at time: Duration) {
            self.destination = destination
            at = time
        }
    }

    private struct Socket: Sendable {
        let destination: Destination
        let opened: NIODeadline
        let fate: Fate
    }

    private struct State: Sendable {
        var fates: [Destination: Fate]
        var sources: [IPAddress: IPAddress]?
        var opened: [Opened] = []
        var closed: [Destination] = []
        var sockets: [CInt: Socket] = [:]
        var watches: [ConnectPoller.Token: Scheduled<Void>] = [:]
        var next: CInt = 1_000_000
        var shortages = 0
        var wrongs: [String] = []
    }

    private let clock: ManualClock
    private let state: NIOLockedValueBox<State>

    /// - Parameter fates: what becomes of attempts to each destination; the others hang.
    package init(on clock: ManualClock, _ fates: [Destination: Fate] = [:]) {
        self.clock = clock
        state = NIOLockedValueBox(State(fates: fates))
    }

    /// Every attempt that got a socket, in order.
    package var opened: [Opened] { state.withLockedValue { $0.opened } }

    /// Where the sockets that were closed went, in order.
    package var closed: [Destination] { state.withLockedValue { $0.closed } }

    /// Where the sockets that are open go.
    package var open: [Destination] {
        state.withLockedValue { $0.sockets.sorted { $0.key < $1.key }.map(\.value.destination) }
    }

    /// How many sockets somebody waits for.
    package var watchCount: Int { state.withLockedValue { $0.watches.count } }

    /// Every call that no driver should make.
    package var wrongs: [String] { state.withLockedValue { $0.wrongs } }

    /// Has addresses sent to from these; what is missing is out of reach. Until then the kernel says.
    package func send(from sources: [IPAddress: IPAddress]) {
        state.withLockedValue { $0.sources = sources }
    }

    /// Has another thing become of attempts to a destination from now on.
    package func change(_ destination: Destination, to fate: Fate) {
        state.withLockedValue { $0.fates[destination] = fate }
    }

    /// Has this many of the next attempts find no descriptor.
    package func runShort(times: Int) {
        state.withLockedValue { $0.shortages = times }
    }
}

// MARK: - Connector

extension ScriptedNetwork {
    package func open(_ destination: Destination, with setup: SocketSetup) -> AttemptSocket.Opening {
        let now = clock.loop.now
        return state.withLockedValue { state in
            if state.shortages > 0 {
                state.shortages -= 1
                return .shortage
            }
            let fate = state.fates[destination] ?? .hangs
            state.opened.append(Opened(destination, at: clock.now))
            if case .fails(let number, .zero) = fate { return .failed(AttemptFailure(errorNumber: number)) }
            state.next += 1
            guard let socket = try? AttemptSocket(descriptor: state.next, to: destination) else {
                state.wrongs.append("no address for \(destination)")
                return .shortage
            }
            state.sockets[socket.descriptor] = Socket(destination: destination, opened: now, fate: fate)
            if case .connectsAtOnce = fate { return .opened(socket, .connected) }
            return .opened(socket, .pending)
        }
    }

    package func candidates(for addresses: [IPAddress]) -> [DestinationOrder.Candidate] {
        guard let sources = state.withLockedValue({ $0.sources }) else {
            return SourceAddresses.candidates(for: addresses)
        }
        return addresses.map { DestinationOrder.Candidate(destination: $0, source: sources[$0]) }
    }

    package func ask(_ socket: AttemptSocket) -> AttemptSocket.Progress {
        let now = clock.loop.now
        return state.withLockedValue { state in
            guard let known = state.sockets[socket.descriptor] else {
                state.wrongs.append("asked \(socket.descriptor), which is closed")
                return .pending
            }
            switch known.fate {
            case .connectsAtOnce: return .connected
            case .connects(let delay), .connectsUnreported(let delay):
                return now >= known.opened + TimeAmount(delay) ? .connected : .pending
            case .fails(let number, let delay):
                let isOver = now >= known.opened + TimeAmount(delay)
                return isOver ? .failed(AttemptFailure(errorNumber: number)) : .pending
            case .hangs: return .pending
            }
        }
    }

    package func watch(
        _ socket: AttemptSocket,
        _ report: @escaping @Sendable (NIODeadline) -> Void
    ) throws(AttemptFailure) -> ConnectPoller.Token {
        let token = ConnectPoller.Token(socket.descriptor)
        let due = state.withLockedValue { state -> NIODeadline in
            guard let known = state.sockets[socket.descriptor] else {
                state.wrongs.append("watched \(socket.descriptor), which is closed")
                return .distantFuture
            }
            return switch known.fate {
            case .connectsAtOnce: known.opened
            case .connects(let delay), .fails(_, let delay): known.opened + TimeAmount(delay)
            case .connectsUnreported, .hangs: .distantFuture
            }
        }
        let loop = clock.backing
        let scheduled = loop.scheduleTask(deadline: due) {
            self.state.withLockedValue { $0.watches[token] = nil }
            report(loop.now)
        }
        state.withLockedValue { $0.watches[token] = scheduled }
        return token
    }

    package func isWatching(_ token: ConnectPoller.Token) -> Bool {
        state.withLockedValue { $0.watches[token] != nil }
    }

    package func forget(_ token: ConnectPoller.Token, _ socket: AttemptSocket) {
        state.withLockedValue { $0.watches.removeValue(forKey: token) }?.cancel()
    }

    /// No channel can be made of a number: dial for sockets and answers.
    package func makeChannel(
        of socket: AttemptSocket,
        over transport: Transport,
        on loop: any EventLoop,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        loop.makeFailedFuture(ChannelError.operationUnsupported)
    }

    package func close(_ socket: AttemptSocket) {
        state.withLockedValue { state in
            guard let known = state.sockets.removeValue(forKey: socket.descriptor) else {
                state.wrongs.append("closed \(socket.descriptor) twice")
                return
            }
            state.closed.append(known.destination)
        }
    }
}
