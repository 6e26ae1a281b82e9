// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NameResolution
import SystemSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Carries a stub resolver's actions out: one reader reads what comes for all of its sockets and keeps the timers; each
/// caller sends on its own thread.
///
/// The reader, a thread, is there while there is work, and leaves two seconds after. So ten thousand lookups in flight
/// are ten thousand small records, and one thread.
@available(FairDial 0.1, *)
final class DNSEngine: Sendable {
    struct Machine: ~Copyable {
        var resolver: StubResolver
        /// Until when the reader sleeps, if no thread wakes it; `nil` while it is awake or not there.
        var sleepsUntil: Duration?
        var hasReader = false
        /// Those for which the reader is to read everything that has come, and then to say so.
        var catchingUp: [CatchUp] = []
        /// Those for which it reads just now.
        var beingCaughtUp: [CatchUp] = []
        /// When the reader's present sleep began, or the sleep before the first of the turns that it needs to read
        /// everything. What has come by then is read before any clock is looked at, and clocks are looked at as of
        /// then: however long the process stands still meanwhile, no answer is late for that (rule 6).
        var sleepBegan: Duration = .zero
        /// Whether the last turn left something to be read.
        var isReadingOn = false
        var streamReading = StreamReading()
    }

    /// A lookup that a caller's timeout is about to end.
    struct CatchUp: Sendable {
        let lookup: StubResolver.Lookup
        /// What had come by then is to be read.
        let since: Duration

        /// Those for which enough has been read, and the others.
        static func split(_ all: [CatchUp], asOf time: Duration) -> (done: [CatchUp], left: [CatchUp]) {
            (all.filter { $0.since <= time }, all.filter { $0.since > time })
        }
    }

    /// How long the reader stays without work.
    static let idleTime = Duration.seconds(2)

    /// What the resolver knows; a look at it needs nothing else of the engine.
    let cache: Locked<AnswerCache>
    private let searchList: SearchList
    let outbox: OrderedOutbox<Machine, StubResolver.Action>
    private let machine: any ResolverMachine
    let datagrams: any DatagramTransport
    private let transport: any StreamTransport
    /// `nil` for a stream that is just being opened.
    let streams = NIOLockedValueBox<[QueryClient.Carrier: (any OpenStream)?]>([:])
    private let sockets: SocketCensus.Entry
    private let startedAt: NIODeadline
    private let traced: (@Sendable (QueryTrace) -> Void)?

    /// - Parameter traced: is told every step, one at a time; `nil` to have none told.
    init(
        _ configuration: QueryConfiguration,
        over transport: any StreamTransport,
        on machine: any ResolverMachine,
        traced: (@Sendable (QueryTrace) -> Void)? = nil
    ) {
        let sockets = machine.sockets.enter()
        self.sockets = sockets
        startedAt = machine.now
        let accounts = machine.streamLedger.accounts(
            with: configuration.servers,
            isPrivate: transport.isPrivate,
            from: .nanoseconds(Int64(clamping: startedAt.uptimeNanoseconds))
        )
        let generator = machine.makeGenerator()
        var resolver = StubResolver(configuration, generator: generator, accounts: accounts) { wanted in
            sockets.share(of: wanted) { machine.freeDescriptors(upTo: $0) }
        }
        resolver.isTracing = traced != nil
        cache = resolver.cache
        searchList = configuration.searchList
        outbox = OrderedOutbox(Machine(resolver: resolver))
        self.machine = machine
        datagrams = machine.makeDatagrams()
        self.transport = transport
        self.traced = traced
    }

    var now: Duration { .nanoseconds((machine.now - startedAt).nanoseconds) }

    /// The addresses of the question's name, when those of every family asked for are known and fresh.
    func knownAddresses(_ question: LookupQuestion, at now: NIODeadline) -> LookupResult? {
        // A name that is looked up in the search list first is not this name; bindings have no short way.
        guard question.service == nil, searchList.isAskedFirstAsWritten(question.key) else { return nil }
        let now = Duration.nanoseconds((now - startedAt).nanoseconds)
        return cache.withLock { $0.addresses(of: question.key, families: question.families, at: now) }
    }

    /// Reads the machine where no actions follow.
    func withResolver<Result>(_ body: (inout StubResolver) -> Result) -> Result {
        outbox.withMachine { body(&$0.resolver) }
    }
}

// MARK: - Asking

@available(FairDial 0.1, *)
extension DNSEngine {
    func lookUpRecords(
        _ name: DomainName,
        _ type: RecordType,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (StubResolver.RecordNews) -> Void
    ) -> StubResolver.Lookup {
        update { machine, now, actions in
            machine.resolver.lookUpRecords(name, type, for: fairnessKey, at: now, &actions, telling: receive)
        }
    }

    func cancel(_ lookup: StubResolver.Lookup) {
        update { machine, now, actions in machine.resolver.cancel(lookup, at: now, &actions) }
    }

    /// Has the reader read everything that has come by now, and then tell the lookup `caughtUp`.
    ///
    /// - Returns: `false` where there is no reader.
    func catchUp(_ lookup: StubResolver.Lookup) -> Bool {
        let (isAwaited, mustWake) = outbox.withMachine { machine -> (Bool, Bool) in
            // Where the lookup is over, its `ended` is on its way to the caller.
            guard machine.resolver.contains(lookup) else { return (true, false) }
            guard machine.hasReader else { return (false, false) }
            machine.catchingUp.append(CatchUp(lookup: lookup, since: now))
            defer { machine.sleepsUntil = nil }
            return (true, machine.sleepsUntil != nil)
        }
        if mustWake { datagrams.wakeReader() }
        return isAwaited
    }

    @discardableResult
    func update<Result>(_ change: (inout Machine, Duration, inout [StubResolver.Action]) -> Result) -> Result {
        var mustWake = false
        let result = outbox.update(carryingOut: carryOut) { machine, actions in
            let result = change(&machine, self.now, &actions)
            // Again, as long as an ended query starts another one that needs a reader: the other family, the next name
            // of a search list.
            var isFirst = true
            while isFirst || machine.resolver.queryCount > 0, let wake = machine.resolver.wakeTime,
                let failure = self.call(&machine, by: wake, &mustWake)
            {
                isFirst = false
                let now = self.now
                machine.resolver.inClient(at: now, &actions) { client, steps in
                    let reason = ErrorText.of(failure.number)
                    client.giveUp(failure.isThread ? .noThread(reason) : .noDescriptor(reason), at: now, &steps)
                }
            }
            return result
        }
        if mustWake { datagrams.wakeReader() }
        return result
    }
}

// MARK: - The reader

@available(FairDial 0.1, *)
extension DNSEngine: DatagramReceiver {
    /// Sees to it that the reader is there, and awake at this time.
    ///
    /// - Parameter mustWake: becomes `true` where it is to be woken, outside the lock.
    /// - Returns: `nil`, or why there is none to be had.
    private func call(_ machine: inout Machine, by wake: Duration, _ mustWake: inout Bool) -> ReaderFailure? {
        if machine.hasReader {
            guard let until = machine.sleepsUntil, wake < until else { return nil }
            // The next caller need not wake it too.
            machine.sleepsUntil = nil
            mustWake = true
            return nil
        }
        if let failure = datagrams.startReading(for: self) { return failure }
        machine.hasReader = true
        return nil
    }

    func nextSleep() -> Duration? {
        let now = now
        return outbox.withMachine { machine in
            machine.streamReading.giveUp(at: now)
            if !machine.isReadingOn { machine.sleepBegan = now }
            machine.beingCaughtUp = []
            if !machine.catchingUp.isEmpty, machine.streamReading.asked == nil {
                swap(&machine.beingCaughtUp, &machine.catchingUp)
                return .zero
            }
            if machine.resolver.wakeTime == nil, let until = machine.sleepsUntil, until <= now {
                // It has slept a whole idle time without work.
                machine.hasReader = false
                machine.sleepsUntil = nil
                return nil
            }
            // While loops read, no clock may be looked at: they wake the reader when they have.
            let until = machine.streamReading.end ?? machine.resolver.wakeTime ?? now + Self.idleTime
            machine.sleepsUntil = until
            return max(.zero, until - now)
        }
    }

    func turn(_ events: [(port: QueryClient.Carrier, event: DatagramEvent)], isEverything: Bool, wasWoken: Bool) {
        let streams = openStreams
        var mustAskStreams = false
        update { machine, now, actions in
            // Over streams, all has been read that had come by then.
            let began = machine.sleepBegan
            let asOf = streams.isEmpty ? began : min(began, machine.streamReading.until)
            machine.isReadingOn = !isEverything
            if wasWoken { machine.sleepsUntil = nil }
            machine.resolver.inClient(at: now, &actions) { client, steps in
                for (port, event) in events {
                    switch event {
                    case .message(let bytes): client.received(bytes, on: port, at: now, &steps)
                    case .failed(let number):
                        let isShortage = ErrorText.isShortage(number)
                        client.failed(port, ErrorText.of(number), isShortage: isShortage, at: now, &steps)
                    }
                }
                // After all of the messages: what has come counts, however late we look (rule 6).
                if isEverything { client.advance(to: asOf, &steps) }
            }
            if isEverything { machine.resolver.expire(at: asOf, &actions) }
            let all = machine.beingCaughtUp
            machine.beingCaughtUp = []
            let (done, left) = isEverything ? CatchUp.split(all, asOf: asOf) : ([], all)
            machine.catchingUp += left
            for catchUp in done { machine.resolver.tellCaughtUp(catchUp.lookup, &actions) }
            guard asOf < began, machine.streamReading.asked == nil else { return }
            mustAskStreams = !left.isEmpty || machine.resolver.wakeTime.map { $0 <= began } ?? false
            if mustAskStreams { machine.streamReading.ask(streams.count, at: began) }
        }
        if mustAskStreams { ask(streams) }
    }
}

// MARK: - Carrying out

@available(FairDial 0.1, *)
extension DNSEngine {
    private func carryOut(_ action: StubResolver.Action) {
        switch action {
        case .transport(.openPort(let port, let server)):
            sockets.change(by: 1)
            if let number = datagrams.open(port, to: server) { failed(port, number) }
        case .transport(.send(let port, let message)):
            if let number = datagrams.send(message, on: port) { failed(port, number) }
        case .transport(.closePort(let port)):
            sockets.change(by: -1)
            datagrams.close(port)
        case .transport(.openStream(let stream, let server)):
            sockets.change(by: 1)
            streams.withLockedValue { $0[stream] = .some(nil) }
            let opened = transport.open(server) { event in self.heard(event, on: stream) }
            // It may have ended before it was there.
            streams.withLockedValue { if $0.keys.contains(stream) { $0[stream] = opened } }
        case .transport(.sendOnStream(let stream, let message)):
            streams.withLockedValue { $0[stream] ?? nil }?.send(message)
        case .transport(.closeStream(let stream)):
            guard let opened = streams.withLockedValue({ $0.removeValue(forKey: stream) }) else { return }
            sockets.change(by: -1)
            opened?.close()
        case .transport(.trace(let trace)): traced?(trace)
        case .transport(.began), .transport(.finish): return
        case .deliver(_, let event, to: .events(let receive)): receive(event)
        case .deliver(_, .caughtUp, to: .records(let receive)): receive(.caughtUp)
        case .deliverRecords(_, let result, to: .records(let receive)): receive(.ended(result))
        // A lookup of addresses gets no event of records, nor the other way round.
        case .deliver(_, _, to: .records), .deliverRecords(_, _, to: .events): return
        }
    }

    private func failed(_ port: QueryClient.Carrier, _ number: Int32) {
        // The system's own text, "resource temporarily unavailable", does not say which resource.
        let reason = number == EAGAIN ? "no port is free to send from" : ErrorText.of(number)
        update { machine, now, actions in
            machine.resolver.inClient(at: now, &actions) { client, steps in
                client.failed(
                    port,
                    reason,
                    isShortage: ErrorText.isShortage(number),
                    isPort: number == EAGAIN,
                    at: now,
                    &steps
                )
            }
        }
    }

    private func heard(_ event: StreamEvent, on stream: QueryClient.Carrier) {
        if event.isEnd, streams.withLockedValue({ $0.removeValue(forKey: stream) }) != nil {
            sockets.change(by: -1)
        }
        update { machine, now, actions in
            machine.resolver.inClient(at: now, &actions) { client, steps in
                switch event {
                case .received(let message): client.receivedOnStream(message, on: stream, at: now, &steps)
                case .closed(let reason): client.streamClosed(stream, reason, at: now, &steps)
                case .refused(let reason): client.streamClosed(stream, reason, isRefused: true, at: now, &steps)
                }
            }
        }
    }
}
