// SPDX-License-Identifier: Apache-2.0

public import FairDial
public import IPAddresses
import NIOConcurrencyHelpers
package import NIOCore
import NIOEmbedded
package import NameResolution

/// A network that does as a script says, on a manual clock. Its sockets are numbers that no kernel knows.
///
/// A channel that is made of one is a `NIOAsyncTestingChannel`: cast to it to read what was written and to write what
/// the peer says. The network keeps account of what was opened when, what is open still, and every wrong call, such as
/// closing a socket twice.
@available(FairDial 0.1, *)
public final class ScriptedNetwork: Connector {
    /// What becomes of a destination's attempts.
    public enum Fate: Sendable {
        /// Connects within the call.
        case connectsAtOnce
        /// Connects after this long.
        case connects(after: Duration)
        /// Connects after this long, and the poller does not report it.
        case connectsUnreported(after: Duration)
        /// Ends with this `errno` after this long; at once for zero.
        case fails(Int32, after: Duration)
        /// Never says anything.
        case hangs
    }

    /// One attempt that was opened.
    public struct Opened: Hashable, Sendable {
        /// Where it went.
        public let destination: Destination
        /// When, on the clock.
        public let at: Duration

        /// An attempt, for a test to compare with.
        public init(_ destination: Destination, at time: Duration) {
            self.destination = destination
            at = time
        }
    }

    private struct Socket: Sendable {
        let destination: Destination
        let opened: NIODeadline
        let fate: Fate
    }

    /// Where this machine sends from, which decides the order of addresses.
    private enum Sources: Sendable {
        case kernel
        /// Each address has itself as its source: the order is that of families, then that of the answer.
        case everywhere
        case table([IPAddress: IPAddress])
    }

    private struct State: Sendable {
        var fates: [Destination: Fate]
        /// Whether there is an attempt to each destination without a fate, which hangs; else it fails at once.
        var hangsElsewhere = true
        var sources = Sources.kernel
        var opened: [Opened] = []
        var closed: [Destination] = []
        var sockets: [CInt: Socket] = [:]
        var watches: [AttemptSocket.WatchToken: Scheduled<Void>] = [:]
        var next: CInt = 1_000_000
        var shortages = 0
        var wrongs: [String] = []
    }

    package let waitingRoom = WaitingRoom()

    /// The clock that its delays run on.
    public let clock: ManualClock

    private let state: NIOLockedValueBox<State>

    /// - Parameters:
    ///   - clock: the clock that its delays run on.
    ///   - fates: what becomes of attempts to each destination; the others hang.
    public init(on clock: ManualClock, _ fates: [Destination: Fate] = [:]) {
        self.clock = clock
        state = NIOLockedValueBox(State(fates: fates))
    }

    /// The same from texts, on a machine that has a way to every address, whatever the kernel's routes are.
    ///
    /// - Parameters:
    ///   - clock: the clock that its delays run on.
    ///   - fates: by `address:port`, `[address]:port` or `/path`; attempts to any other fail at once, and say that
    ///     there is no script.
    /// - Throws: `DialError` with the code `invalidTarget` for a text that is none of these.
    public convenience init(on clock: ManualClock, reaching fates: [String: Fate]) throws(DialError) {
        var known: [Destination: Fate] = [:]
        for (text, fate) in fates { known[try Self.destination(text)] = fate }
        self.init(on: clock, known)
        state.withLockedValue { ($0.sources, $0.hangsElsewhere) = (.everywhere, false) }
    }

    private static func destination(_ text: String) throws(DialError) -> Destination {
        if text.hasPrefix("/") { return .local(path: text) }
        do throws(AddressParseError) {
            return .internet(try Endpoint(text))
        } catch {
            let message = "a script names addresses with ports, like 192.0.2.1:80 or [2001:db8::1]:80: \(error)"
            throw DialError(.invalidTarget, message, target: text)
        }
    }

    /// Every attempt that got a socket, in order.
    public var opened: [Opened] { state.withLockedValue { $0.opened } }

    /// Where the sockets that were closed went, in order.
    public var closed: [Destination] { state.withLockedValue { $0.closed } }

    /// Where the sockets that are open go.
    public var open: [Destination] {
        state.withLockedValue { $0.sockets.sorted { $0.key < $1.key }.map(\.value.destination) }
    }

    /// How many sockets are being watched.
    public var watchCount: Int { state.withLockedValue { $0.watches.count } }

    /// Every call that no driver should make.
    public var wrongs: [String] { state.withLockedValue { $0.wrongs } }

    /// Has addresses sent to from these; what is missing is out of reach. Until then the kernel says.
    public func send(from sources: [IPAddress: IPAddress]) {
        state.withLockedValue { $0.sources = .table(sources) }
    }

    /// Has another thing become of attempts to a destination from now on.
    public func change(_ destination: Destination, to fate: Fate) {
        state.withLockedValue { $0.fates[destination] = fate }
    }

    /// Has this many of the next attempts find no descriptor.
    public func runShort(times: Int) {
        state.withLockedValue { $0.shortages = times }
    }
}

// MARK: - Connector

@available(FairDial 0.1, *)
extension ScriptedNetwork {
    package func open(_ destination: Destination, with setup: SocketSetup) -> AttemptSocket.Opening {
        let now = clock.loop.now
        return state.withLockedValue { state in
            if state.shortages > 0 {
                state.shortages -= 1
                return .shortage
            }
            state.opened.append(Opened(destination, at: clock.now))
            guard let fate = state.fates[destination] ?? (state.hangsElsewhere ? .hangs : nil) else {
                return .failed(AttemptFailure(reason: "no script for this address"))
            }
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
        switch state.withLockedValue({ $0.sources }) {
        case .kernel: SourceAddresses.candidates(for: addresses)
        case .everywhere: addresses.map { DestinationOrder.Candidate(destination: $0, source: $0) }
        case .table(let sources):
            addresses.map { DestinationOrder.Candidate(destination: $0, source: sources[$0]) }
        }
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
    ) throws(AttemptFailure) -> AttemptSocket.WatchToken {
        let token = AttemptSocket.WatchToken(socket.descriptor)
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

    package func isWatching(_ token: AttemptSocket.WatchToken) -> Bool {
        state.withLockedValue { $0.watches[token] != nil }
    }

    package func forget(_ token: AttemptSocket.WatchToken, _ socket: AttemptSocket) {
        state.withLockedValue { $0.watches.removeValue(forKey: token) }?.cancel()
    }

    /// A script's channels are made on its clock's loop alone.
    package func makesChannels(on group: any EventLoopGroup) -> Bool {
        (group as AnyObject) === (clock.loop as AnyObject)
    }

    /// Makes a testing channel: it is registered, initialized and active, and its number is free again once it closes.
    package func makeChannel(
        of socket: AttemptSocket,
        over transport: Transport,
        on loop: any EventLoop,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        let channel = NIOAsyncTestingChannel(loop: clock.backing)
        let peer = state.withLockedValue { $0.sockets[socket.descriptor]?.destination }
        channel.closeFuture.whenComplete { _ in self.close(socket) }
        return channel.register().flatMap {
            initializer(channel)
        }.flatMap {
            let address: SocketAddress? =
                switch peer {
                case .internet(let endpoint)?:
                    try? SocketAddress(ipAddress: "\(endpoint.address)", port: Int(endpoint.port))
                case .local(let path)?: try? SocketAddress(unixDomainSocketPath: path)
                case nil: nil
                }
            guard let address else { return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported) }
            return channel.connect(to: address)
        }.map { channel as any Channel }.flatMapErrorThrowing { error in
            channel.close(promise: nil)
            throw error
        }
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
