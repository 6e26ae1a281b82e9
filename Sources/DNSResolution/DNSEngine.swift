// SPDX-License-Identifier: Apache-2.0

import CFairDial
import DNSMessages
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NameResolution

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Carries a stub resolver's actions out: one thread reads what comes for all of its sockets and minds the clock, whoever asks
/// sends on their own thread.
///
/// The thread is there while there is work, and leaves two seconds after. So ten thousand look-ups under way are ten thousand
/// small records, and one thread.
final class DNSEngine: Sendable {
    /// What is done outside the lock, in order.
    enum Errand: Sendable {
        case transport(QueryClient.Action)
        case tell(@Sendable (LookupEvent) -> Void, LookupEvent)
        case tellRecords(RecordReceiver, Result<ServerAnswer, ResolutionError>)
    }

    typealias RecordReceiver = @Sendable (Result<ServerAnswer, ResolutionError>) -> Void

    enum Receiver: Sendable {
        case events(@Sendable (LookupEvent) -> Void)
        case records(RecordReceiver)
    }

    struct Desk: Sendable {
        var resolver: StubResolver
        /// Whom to tell, at each look-up's place.
        var receivers: [Receiver?] = []
        /// Until when the thread sleeps, if nobody calls it; `nil` while it is awake or not there.
        var sleepsUntil: Duration?
        var isThreadRunning = false
        /// Those for which the thread is to read everything that has come, and then to say so.
        var catchingUp: [CatchUp] = []
        var streamReading = StreamReading()
        /// Where the thread can be called, and where it listens for that.
        var bell: (ring: CInt, hear: CInt)?
        var queue: ReadinessQueue?
        /// Room for what the next change brings.
        var actions: [StubResolver.Action] = []

        mutating func note(_ receiver: Receiver, of lookup: StubResolver.Lookup) {
            while receivers.count <= lookup.place { receivers.append(nil) }
            receivers[lookup.place] = receiver
        }
    }

    /// A look-up whose time is about to be called.
    struct CatchUp: Sendable {
        let lookup: StubResolver.Lookup
        /// What had come by then is to be read.
        let since: Duration

        /// Those for which enough has been read, and the others.
        static func split(_ all: [CatchUp], asOf time: Duration) -> (done: [CatchUp], left: [CatchUp]) {
            (all.filter { $0.since <= time }, all.filter { $0.since > time })
        }
    }

    struct Sockets: Sendable {
        var datagrams: [QueryClient.Carrier: CInt] = [:]
        var streams: [QueryClient.Carrier: any OpenStream] = [:]
        /// Descriptors that the thread closes, so that it never reads from one that somebody else has by then.
        var done: [CInt] = []
    }

    /// How long the thread stays without work.
    static let idleTime = Duration.seconds(2)
    static let messagesAtOnce = 64
    static let threadStack = 256 * 1024
    /// So many actions' room is kept.
    static let roomToKeep = 1_024
    /// The token of the bell; a socket's is its carrier's number and its descriptor.
    static let bellToken = UInt64.max

    /// What the resolver knows; a look at it needs nothing else of the engine.
    let cache: KnownAnswers
    private let searchList: SearchList
    let desk: OrderedOutbox<Desk, Errand>
    let sockets = NIOLockedValueBox(Sockets())
    private let transport: any StreamTransport
    private let startedAt = NIODeadline.now()
    private let traced: (@Sendable (QueryTrace) -> Void)?

    /// - Parameter traced: is told every step, one at a time; `nil` to have none told.
    init(
        _ configuration: StubResolver.Configuration,
        over transport: any StreamTransport,
        traced: (@Sendable (QueryTrace) -> Void)? = nil
    ) {
        var resolver = StubResolver(configuration)
        resolver.isTracing = traced != nil
        cache = resolver.cache
        searchList = configuration.searchList
        desk = OrderedOutbox(Desk(resolver: resolver))
        self.transport = transport
        self.traced = traced
    }

    var now: Duration { .nanoseconds((NIODeadline.now() - startedAt).nanoseconds) }

    /// What the cache has.
    func knownAddresses(_ question: LookupQuestion, at now: NIODeadline) -> LookupAnswer? {
        cache.addresses(for: question, in: searchList, at: .nanoseconds((now - startedAt).nanoseconds))
    }

    /// Looks at the machine where nothing is to be done about it.
    func withResolver<Result>(_ body: (inout StubResolver) -> Result) -> Result {
        desk.withMachine { body(&$0.resolver) }
    }
}

// MARK: - Asking

extension DNSEngine {
    func lookUp(
        _ question: LookupQuestion,
        for asker: Asker,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> StubResolver.Lookup {
        updateStarting { desk, now, actions in
            let lookup = desk.resolver.lookUp(question, for: asker, at: now, &actions)
            desk.note(.events(receive), of: lookup)
            return lookup
        }
    }

    func lookUpRecords(
        _ name: DomainName,
        _ type: RecordType,
        for asker: Asker,
        _ receive: @escaping RecordReceiver
    ) -> StubResolver.Lookup {
        updateStarting { desk, now, actions in
            let lookup = desk.resolver.lookUpRecords(name, type, for: asker, at: now, &actions)
            desk.note(.records(receive), of: lookup)
            return lookup
        }
    }

    func withdraw(_ lookup: StubResolver.Lookup) {
        update { desk, now, actions in
            // Where it is over, the place may be somebody else's by now.
            if desk.resolver.withdraw(lookup, at: now, &actions) { desk.receivers[lookup.place] = nil }
        }
    }

    /// Has the thread read everything that has come by now, and then tell the look-up `caughtUp`.
    ///
    /// - Returns: `false` where nobody is there to read.
    func catchUp(_ lookup: StubResolver.Lookup) -> Bool {
        let (isAwaited, bell) = desk.withMachine { desk -> (Bool, CInt?) in
            // Of one that is over, the end is on its way to whoever still asks.
            guard desk.resolver.contains(lookup) else { return (true, nil) }
            guard desk.isThreadRunning else { return (false, nil) }
            desk.catchingUp.append(CatchUp(lookup: lookup, since: now))
            defer { desk.sleepsUntil = nil }
            return (true, desk.sleepsUntil == nil ? nil : desk.bell?.ring)
        }
        if let bell { Self.ring(bell) }
        return isAwaited
    }

    private func updateStarting(
        _ change: (inout Desk, Duration, inout [StubResolver.Action]) -> StubResolver.Lookup
    ) -> StubResolver.Lookup {
        var lookup: StubResolver.Lookup?
        update { desk, now, actions in lookup = change(&desk, now, &actions) }
        guard let lookup else { preconditionFailure("an update changes at once") }
        return lookup
    }

    func update(_ change: (inout Desk, Duration, inout [StubResolver.Action]) -> Void) {
        var bell: CInt?
        desk.update(carryingOut: carryOut) { (desk: inout Desk, errands: inout [Errand]) in
            // The room of the last time's; no change comes from inside another one.
            var actions: [StubResolver.Action] = []
            swap(&actions, &desk.actions)
            change(&desk, self.now, &actions)
            if let wake = desk.resolver.wakeTime {
                do throws(DatagramSocket.Failure) {
                    bell = try self.call(&desk, by: wake)
                } catch {
                    let now = self.now
                    desk.resolver.inClient(at: now, &actions) { client, steps in
                        let reason = ErrorText.of(error.number)
                        client.giveUp(error.isThread ? .noThread(reason) : .noDescriptor(reason), at: now, &steps)
                    }
                }
            }
            for action in actions {
                if let errand = Self.errand(action, &desk) { errands.append(errand) }
            }
            actions.removeAll(keepingCapacity: actions.capacity <= Self.roomToKeep)
            swap(&actions, &desk.actions)
        }
        if let bell { Self.ring(bell) }
    }

    private static func errand(_ action: StubResolver.Action, _ desk: inout Desk) -> Errand? {
        switch action {
        case .transport(let action): return .transport(action)
        case .deliver(let lookup, let event):
            guard case .events(let receive)? = desk.receivers[lookup.place] else { return nil }
            if case .ended = event { desk.receivers[lookup.place] = nil }
            return .tell(receive, event)
        case .deliverRecords(let lookup, let result):
            guard case .records(let receive)? = desk.receivers[lookup.place] else { return nil }
            desk.receivers[lookup.place] = nil
            return .tellRecords(receive, result)
        }
    }
}

// MARK: - Carrying out

extension DNSEngine {
    private func carryOut(_ errand: Errand) {
        switch errand {
        case .tell(let receive, let event): receive(event)
        case .tellRecords(let receive, let result): receive(result)
        case .transport(let action): carryOut(action)
        }
    }

    private func carryOut(_ action: QueryClient.Action) {
        switch action {
        case .openPort(let port, let server): openPort(port, to: server)
        case .send(let port, let message): send(message, on: port)
        case .closePort(let port):
            sockets.withLockedValue { sockets in
                if let descriptor = sockets.datagrams.removeValue(forKey: port) { sockets.done.append(descriptor) }
            }
        case .openStream(let stream, let server):
            let opened = transport.open(server) { event in self.heard(event, on: stream) }
            sockets.withLockedValue { $0.streams[stream] = opened }
        case .sendOnStream(let stream, let message):
            sockets.withLockedValue { $0.streams[stream] }?.send(message)
        case .closeStream(let stream):
            sockets.withLockedValue { $0.streams.removeValue(forKey: stream) }?.close()
        case .trace(let trace): traced?(trace)
        case .began, .finish: return
        }
    }

    private func openPort(_ port: QueryClient.Carrier, to server: NameServer) {
        do throws(DatagramSocket.Failure) {
            let socket = try DatagramSocket(to: server)
            sockets.withLockedValue { $0.datagrams[port] = socket.descriptor }
            let token = UInt64(port) << 32 | UInt64(UInt32(bitPattern: socket.descriptor))
            guard let queue = desk.withMachine({ $0.queue }) else { return }
            if !queue.add(socket.descriptor, token: token, for: .reading) { failed(port, errno) }
        } catch {
            failed(port, error.number)
        }
    }

    private func send(_ message: [UInt8], on port: QueryClient.Carrier) {
        guard let descriptor = sockets.withLockedValue({ $0.datagrams[port] }) else { return }
        let number = DatagramSocket.send(message, on: descriptor)
        // No room is as good as lost on the way: the clock sees to it.
        if number != 0, number != EAGAIN, number != ENOBUFS, number != EINTR { failed(port, number) }
    }

    private func failed(_ port: QueryClient.Carrier, _ number: Int32) {
        // The system's own words, "resource temporarily unavailable", do not say which.
        let reason = number == EAGAIN ? "no port is free to send from" : ErrorText.of(number)
        update { desk, now, actions in
            desk.resolver.inClient(at: now, &actions) { client, steps in
                client.failed(
                    port,
                    reason,
                    isShortage: ErrorText.isShortage(number),
                    at: now,
                    &steps
                )
            }
        }
    }

    private func heard(_ event: StreamEvent, on stream: QueryClient.Carrier) {
        if case .closed = event { _ = sockets.withLockedValue { $0.streams.removeValue(forKey: stream) } }
        update { desk, now, actions in
            desk.resolver.inClient(at: now, &actions) { client, steps in
                switch event {
                case .received(let message): client.receivedOnStream(message, on: stream, at: now, &steps)
                case .closed(let reason): client.streamClosed(stream, reason, at: now, &steps)
                }
            }
        }
    }
}
