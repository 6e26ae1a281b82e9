// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDialTestKit
import IPAddresses
import NameResolution
import SystemSupport

@testable import DNSResolution

/// A stub resolver on a bench: the test is its only server and its clock.
struct StubBench {
    struct Sent {
        let carrier: QueryClient.Carrier
        let message: Message

        /// Whether it asks as the C library does.
        var isPlain: Bool { message.additionals.isEmpty }
        var summary: String { message.questions.map { "\($0.name) \($0.type)".lowercased() }.joined() }
    }

    private let machine: Box<StubResolver>
    var resolver: StubResolver {
        _read { yield machine.value }
        nonmutating _modify { yield &machine.value }
    }
    var now: Duration = .zero
    /// Queries that have not been answered yet.
    private(set) var open: [Sent] = []
    private(set) var asked: [String] = []
    /// Ports that are open, and those that were closed before they were opened: they would never be closed.
    private(set) var opened: Set<QueryClient.Carrier> = []
    private(set) var closedUnopened: [QueryClient.Carrier] = []
    /// What has been said to a question in the wished form: the same is said in the plain one, without the test's
    /// doing.
    private var said: [String: (inout Message) -> Void] = [:]
    private(set) var events: [StubResolver.Lookup: [String]] = [:]

    init(
        search: [String] = [],
        ndots: Int = 1,
        _ change: (inout QueryConfiguration) -> Void = { _ in }
    ) {
        let server = NameServer(Endpoint(address: .v4(IPv4Address(bits: 0x0A00_0001)), port: 53))
        var configuration = QueryConfiguration(servers: [server])
        configuration.attempts = 1
        configuration.searchList = SearchList(search, ndots: ndots)
        change(&configuration)
        machine = Box(StubResolver(configuration, generator: SeededGenerator(seed: 1)))
    }

    @discardableResult
    mutating func perform<Result>(
        _ body: (inout StubResolver, Duration, inout [StubResolver.Action]) -> Result
    ) -> Result {
        var actions: [StubResolver.Action] = []
        let result = body(&resolver, now, &actions)
        for action in actions {
            switch action {
            case .transport(.send(let carrier, let bytes)):
                guard let message = try? Message(bytes) else { preconditionFailure("our own message cannot be read") }
                let sent = Sent(carrier: carrier, message: message)
                open.append(sent)
                if !sent.isPlain || said[sent.summary] == nil { asked.append(sent.summary) }
            case .transport(.openPort(let port, _)): opened.insert(port)
            case .transport(.closePort(let port)): if opened.remove(port) == nil { closedUnopened.append(port) }
            case .transport: continue
            case .deliver(let lookup, let event, to: _): events[lookup, default: []].append(Self.words(event))
            case .deliverRecords(let lookup, let result, to: _):
                switch result {
                case .success(let answer): events[lookup, default: []].append("\(answer.content)")
                case .failure(let error): events[lookup, default: []].append("\(error.kind)")
                }
            }
        }
        return result
    }

    mutating func lookUp(
        _ name: String,
        families: AddressFamilies = .both,
        service: BindingQuestion? = nil
    ) -> StubResolver.Lookup {
        let question = LookupQuestion(name: name, families: families, service: service)
        return perform { resolver, now, actions in
            resolver.lookUp(question, for: QueryBench.fairnessKey, at: now, &actions)
        }
    }

    /// Puts an answer for both families into the cache.
    func keep(_ answer: ServerAnswer, for name: DomainName) {
        resolver.cache.withLock { cache in
            for type in [RecordType.a, .aaaa] { cache.keep(answer, for: name, type, at: .zero) }
        }
    }

    /// What the cache has.
    func cached(at now: Duration) -> [CachedName] { resolver.cache.withLock { $0.contents(at: now) } }

    /// Answers the oldest open query for a name and type.
    mutating func answer(
        _ name: String,
        _ type: RecordType,
        _ change: @escaping (inout Message) -> Void = { _ in }
    ) {
        let wanted = "\(name) \(type)".lowercased()
        guard let index = open.firstIndex(where: { $0.summary == wanted }) else {
            preconditionFailure("nobody has asked for \(wanted), but \(open.map(\.summary))")
        }
        let sent = open.remove(at: index)
        said[wanted] = change
        respond(to: sent)
        confirmAll()
    }

    /// Says in the plain form what has been said in the wished one.
    private mutating func confirmAll() {
        while let index = open.firstIndex(where: { $0.isPlain && said[$0.summary] != nil }) {
            let sent = open.remove(at: index)
            respond(to: sent)
            said[sent.summary] = nil
        }
    }

    private mutating func respond(to sent: Sent) {
        var message = QueryBench.answer(sent.message)
        if message.questions[0].type == .aaaa {
            message.answers = [
                Record(name: sent.message.questions[0].name, timeToLive: 60, data: AAAARecord(.loopback))
            ]
        }
        said[sent.summary]?(&message)
        guard let bytes = try? message.bytes() else { preconditionFailure("an answer that cannot be written") }
        perform { resolver, now, actions in
            resolver.inClient(at: now, &actions) { client, steps in
                client.received(bytes, on: sent.carrier, at: now, &steps)
            }
        }
    }

    /// Answers every open query; all the answers are there before the first one is looked at.
    mutating func answerAll(_ change: (inout Message) -> Void) {
        let answers = open.compactMap { sent in
            (try? QueryBench.answer(sent.message, change).bytes()).map { (sent.carrier, $0) }
        }
        open = []
        perform { resolver, now, actions in
            resolver.inClient(at: now, &actions) { client, steps in
                for (carrier, bytes) in answers { client.received(bytes, on: carrier, at: now, &steps) }
            }
        }
    }

    /// NXDOMAIN or NOERROR without records, with a zone's word on how long that holds.
    mutating func deny(_ name: String, _ type: RecordType, exists: Bool = false, seconds: UInt32 = 30) {
        answer(name, type) { message in
            message.answers = []
            if !exists { message.header.responseCode = .nameError }
            let zone = SOARecord(
                server: .root,
                mailbox: .root,
                serial: 1,
                refresh: 1,
                retry: 1,
                expire: 1,
                minimum: seconds
            )
            message.authorities = [Record(name: .root, timeToLive: 3_600, data: zone)]
        }
    }

    mutating func fail(_ name: String, _ type: RecordType) {
        answer(name, type) { message in
            message.answers = []
            message.header.responseCode = .serverFailure
        }
    }

    mutating func advance(to end: Duration) {
        while let wake = resolver.wakeTime, wake <= end {
            now = max(now, wake)
            perform { resolver, now, actions in
                resolver.inClient(at: now, &actions) { client, steps in client.advance(to: now, &steps) }
                resolver.expire(at: now, &actions)
            }
            confirmAll()
        }
        now = end
        confirmAll()
    }

    private static func words(_ event: LookupEvent) -> String {
        switch event {
        case .started: return "started"
        case .answered(let answer):
            let families = answer.families == .both ? "both" : answer.families.contains(.ipv4) ? "ipv4" : "ipv6"
            let addresses = answer.addresses.map { "\($0)" }.joined(separator: " ")
            return "\(families): \(addresses) (\(answer.source.rawValue)\(answer.isStale ? ", stale" : ""))"
        case .bindings(let answer):
            let words = answer.records.map { "\($0)" } + (answer.alias.map { ["alias \($0)"] } ?? [])
            return "bound at \(answer.name): \(words.joined(separator: ", "))"
        case .caughtUp: return "caught up"
        case .ended(nil): return "ended"
        case .ended(let error?): return "ended: \(error.kind)"
        }
    }
}
