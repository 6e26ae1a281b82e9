// SPDX-License-Identifier: Apache-2.0

public import GetAddrInfo
public import IPAddresses
public import NameResolution
import SystemSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// `getaddrinfo` on threads of its own, behind one fair, bounded queue (rule 4).
///
/// A thread inside the call cannot be cancelled. It keeps its slot until the call returns, and `lookups` lists it.
@available(FairDial 0.1, *)
public final class SystemResolver: AddressResolver {
    /// Makes one call: the name, the families, and the result; it may block.
    public typealias Call = @Sendable (String, AddressFamilies) -> Result<AddressInfoList, AddressInfoError>

    /// The process's own: one queue for every caller.
    public static let shared = SystemResolver()

    private struct UnderWay: ListedLookup {
        let resolver: SystemResolver
        let lookup: SystemLookups.Lookup

        func join(_ fairnessKey: FairnessKey) { resolver.add(fairnessKey, to: lookup) }

        func cancel() -> Bool { resolver.cancel(lookup) }

        func catchUp(late: Duration) -> Bool { resolver.catchUp(lookup, late: late) }

        var source: LookupSource? { .system }
    }

    /// What is done outside the lock, in order.
    private enum Action: Sendable {
        case lookups(SystemLookups.Action)
        /// In order with the others, so that an older setting cannot overwrite a newer one.
        case setAlarm(Duration?)
    }

    private struct Machine: Sendable {
        var lookups: SystemLookups
        /// When the alarm is set to go off.
        var alarm: Duration?
        var receivers: [SystemLookups.Lookup: @Sendable (LookupEvent) -> Void] = [:]
    }

    private let outbox: OrderedOutbox<Machine, Action>
    private let runner: any CallRunner
    private let descriptorsAtOnce: Int

    /// A resolver with a queue of its own; `shared` suits nearly every program.
    ///
    /// - Parameters:
    ///   - configuration: slots, second call, threads.
    ///   - call: makes one call of `getaddrinfo`; the default asks for streams, without flags.
    public convenience init(
        _ configuration: SystemResolverConfiguration = SystemResolverConfiguration(),
        call: @escaping Call = SystemResolver.callGetaddrinfo
    ) {
        self.init(configuration, call: call, startThread: DetachedThread.start)
    }

    convenience init(
        _ configuration: SystemResolverConfiguration,
        call: @escaping Call,
        startThread: @escaping ResolverThreads.Starter
    ) {
        self.init(configuration, on: ThreadedCalls(configuration, call: call, startThread: startThread))
    }

    /// A resolver whose calls another runner makes.
    package init(_ configuration: SystemResolverConfiguration, on runner: any CallRunner) {
        let queue = configuration.queue.bounded
        let lookups = SystemLookups(queue: queue, secondCallDelay: configuration.secondCallDelay)
        outbox = OrderedOutbox(Machine(lookups: lookups))
        self.runner = runner
        // As many again for the sockets of the callers.
        descriptorsAtOnce = 2 * (queue.slots + queue.reservedSlots)
    }

    /// Starts a lookup, or has it wait for its slot.
    public func lookUp(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupHandle {
        var lookup: SystemLookups.Lookup = 0
        update { machine, now in
            let (name, actions) = machine.lookups.ask(question, for: fairnessKey, at: now)
            lookup = name
            machine.receivers[name] = receive
            return actions
        }
        return UnderWay(resolver: self, lookup: lookup)
    }

    #if canImport(Glibc)
        /// Looked at before each call, which would crash on a line that names no service.
        private static let nameServiceSwitch = NameServiceSwitch.watched(at: NameServiceSwitch.systemPath)

        /// The largest file that the C library is let read, in bytes. It takes a line of any length into memory, and a
        /// file without a line's end is one line.
        private static let largestFile = 1 << 30

        private static var mayReadFiles: Bool {
            [
                (NameServiceSwitch.systemPath, NameServiceSwitch.sizeLimit), ("/etc/hosts", largestFile),
                ("/etc/resolv.conf", largestFile),
            ].allSatisfy { path, limit in FileStamp(path: path).map { $0.size <= limit } ?? true }
        }
    #endif

    /// Every lookup that waits or is inside the call, the oldest first.
    public var lookups: [SystemLookup] {
        let now = now
        return outbox.withMachine { $0.lookups.snapshot(at: now) }
    }

    /// How many threads there are, idle ones included.
    public var threadCount: Int { runner.threadCount }

    /// How many lookups wait for a slot.
    public var waitingCount: Int { outbox.withMachine { $0.lookups.waitingCount } }

    /// How many slots of the queue are taken, reserved ones included.
    package var takenSlots: Int { outbox.withMachine { $0.lookups.takenSlots } }

    private var now: Duration { runner.now }

    private func add(_ fairnessKey: FairnessKey, to lookup: SystemLookups.Lookup) {
        update { machine, _ in machine.lookups.add(fairnessKey, to: lookup) }
    }

    private func cancel(_ lookup: SystemLookups.Lookup) -> Bool {
        outbox.withMachine { machine in
            let isGone = machine.lookups.cancel(lookup)
            if isGone { machine.receivers[lookup] = nil }
            return isGone
        }
    }

    private func catchUp(_ lookup: SystemLookups.Lookup, late: Duration) -> Bool {
        var isAwaited = false
        update { machine, now in
            isAwaited = machine.lookups.catchUp(lookup, late: late, at: now)
            return []
        }
        return isAwaited
    }

    private func update(_ change: (inout Machine, Duration) -> [SystemLookups.Action]) {
        let now = now
        outbox.update(carryingOut: carryOut) { machine in
            let actions = change(&machine, now).map(Action.lookups)
            let wakes = machine.lookups.wakeTime
            guard wakes != machine.alarm else { return actions }
            machine.alarm = wakes
            return actions + [.setAlarm(wakes)]
        }
    }

    private func carryOut(_ action: Action) {
        switch action {
        case .lookups(let action): carryOut(action)
        case .setAlarm(let time):
            runner.wake(at: time) { [weak self] in
                self?.update { machine, now in
                    // It has gone off: for what is awaited now it must be set anew.
                    machine.alarm = nil
                    return machine.lookups.advance(to: now)
                }
            }
        }
    }

    private func carryOut(_ action: SystemLookups.Action) {
        switch action {
        case .call(let call, let name, let families):
            if call == 1 { runner.makeRoom(forDescriptors: descriptorsAtOnce) }
            let failure = runner.call(name, families) {
                self.update { machine, now in machine.lookups.began(call, at: now) }
            } returned: { result in
                self.update { machine, now in machine.lookups.returned(call, with: result, at: now) }
            }
            if let failure {
                let message = "no thread to look \"\(name)\" up with: \(String(cString: strerror(failure)))"
                update { machine, _ in machine.lookups.foundNoThread(for: call, message) }
            }
        case .deliver(let lookup, let event):
            let receive = outbox.withMachine { machine in
                if case .ended = event {
                    machine.receivers.removeValue(forKey: lookup)
                } else {
                    machine.receivers[lookup]
                }
            }
            receive?(event)
        }
    }

    /// The real call: streams, no flags, one entry an address.
    @Sendable
    public static func callGetaddrinfo(
        _ name: String,
        _ families: AddressFamilies
    ) -> Result<AddressInfoList, AddressInfoError> {
        let family = families == .ipv4 ? AF_INET : families == .ipv6 ? AF_INET6 : AF_UNSPEC
        #if canImport(Glibc)
            if nameServiceSwitch.look().content.asksNobody { return .failure(.noName) }
            guard mayReadFiles else { return .failure(.system(EFBIG)) }
            let stream = Int32(SOCK_STREAM.rawValue)
        #else
            let stream = SOCK_STREAM
        #endif
        let question = AddressInfoQuestion(host: name, service: nil, family: family, socketType: stream)
        let answer = AddressInfoCall.getaddrinfo(question)
        // A hosts file, mDNS and the like may have the name as it is written; DNS has its A-label, which glibc does not
        // make itself.
        guard case .failure(.noName) = answer, let ascii = try? InternationalName.ascii(name), ascii != name else {
            return answer
        }
        return AddressInfoCall.getaddrinfo(
            AddressInfoQuestion(host: ascii, service: nil, family: family, socketType: stream)
        )
    }
}

@available(FairDial 0.1, *)
extension SystemResolver: KnowingResolver {
    /// The C library reads the hosts file, of any size.
    package var filesResolver: (any AddressResolver)? { self }
}
