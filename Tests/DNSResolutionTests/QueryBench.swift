// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NameResolution
import Testing

@testable import DNSResolution

/// A query client on a bench: the test plays the network and the clock, and sees every message as what it says.
struct QueryBench {
    /// A message that has gone out.
    struct Sent {
        let carrier: QueryClient.Carrier
        let isStream: Bool
        let server: Int
        let time: Duration
        let message: Message

        /// Whom, when, over what; what tests compare.
        var summary: String {
            let milliseconds = Int(time / .milliseconds(1))
            return "\(server) \(isStream ? "stream" : "datagram") \(milliseconds)"
        }
    }

    private let machine: Box<QueryClient>
    var client: QueryClient {
        _read { yield machine.value }
        nonmutating _modify { yield &machine.value }
    }
    var now: Duration = .zero
    private(set) var sent: [Sent] = []
    private(set) var outcomes: [QueryClient.Key: QueryOutcome] = [:]
    private(set) var closed: [QueryClient.Carrier] = []
    private(set) var opened: [QueryClient.Carrier] = []
    private(set) var begun: [QueryClient.Key] = []
    private(set) var traces: [QueryTrace.Event] = []
    private var serverOf: [QueryClient.Carrier: NameServer] = [:]
    let servers: [NameServer]

    static let fairnessKey = FairnessKey(label: "test")
    static let question = Question(name: name("db.example.org"), type: .a)

    static func name(_ text: String) -> DomainName {
        guard let name = try? DomainName(text) else { preconditionFailure("\(text) is no name") }
        return name
    }

    /// - Parameter free: how many descriptors are; as many as are wanted by default.
    init(
        servers count: Int = 1,
        seed: UInt64 = 1,
        free: Int? = nil,
        ledger: StreamLedger? = nil,
        from start: Duration = .zero,
        _ change: (inout QueryConfiguration) -> Void = { _ in }
    ) {
        let free = NIOLockedValueBox(free)
        self.init(servers: count, seed: seed, counting: free, ledger: ledger, from: start, change)
    }

    /// - Parameters:
    ///   - free: how many descriptors are, at each time; `nil` for as many as are wanted.
    ///   - ledger: what it shares with other clients, whose time is `start` ahead of this one's.
    init(
        servers count: Int = 1,
        seed: UInt64 = 1,
        counting free: NIOLockedValueBox<Int?>,
        ledger: StreamLedger? = nil,
        from start: Duration = .zero,
        _ change: (inout QueryConfiguration) -> Void = { _ in }
    ) {
        servers = (1...count).map {
            NameServer(Endpoint(address: .v4(IPv4Address(bits: 0x0A00_0000 + UInt32($0))), port: 53))
        }
        var configuration = QueryConfiguration(servers: servers)
        change(&configuration)
        machine = Box(
            QueryClient(
                configuration,
                generator: SeededGenerator(seed: seed),
                accounts: ledger?.accounts(with: servers, from: start)
            ) { wanted in
                min(wanted, free.withLockedValue { $0 } ?? wanted)
            }
        )
    }

    mutating func ask(_ question: Question = question, for fairnessKey: FairnessKey = fairnessKey) -> QueryClient.Key {
        perform { client, now, actions in client.ask(question, for: fairnessKey, at: now, &actions) }
    }

    @discardableResult
    mutating func perform<Result>(
        _ body: (inout QueryClient, Duration, inout [QueryClient.Action]) -> Result
    ) -> Result {
        var actions: [QueryClient.Action] = []
        let result = body(&client, now, &actions)
        for action in actions {
            switch action {
            case .openPort(let port, let server), .openStream(let port, let server):
                serverOf[port] = server
                opened.append(port)
            case .send(let port, let bytes): note(port, bytes, isStream: false)
            case .sendOnStream(let stream, let bytes): note(stream, bytes, isStream: true)
            case .closePort(let carrier), .closeStream(let carrier): closed.append(carrier)
            case .began(let key, _): begun.append(key)
            case .finish(let key, _, let outcome):
                precondition(outcomes[key] == nil, "a query ends once")
                outcomes[key] = outcome
            case .trace(let trace): traces.append(trace.event)
            }
        }
        return result
    }

    private mutating func note(_ carrier: QueryClient.Carrier, _ bytes: [UInt8], isStream: Bool) {
        precondition(!closed.contains(carrier), "nothing is sent on what has been closed")
        guard let message = try? Message(bytes), let server = serverOf[carrier].flatMap({ servers.firstIndex(of: $0) })
        else {
            preconditionFailure("our own message cannot be read: \(bytes)")
        }
        sent.append(Sent(carrier: carrier, isStream: isStream, server: server, time: now, message: message))
    }

    /// Lets time pass until the client wants to be woken next, and wakes it.
    mutating func wake() {
        guard let wake = client.wakeTime else { return }
        now = max(now, wake)
        perform { client, now, actions in client.advance(to: now, &actions) }
    }

    /// Lets time pass, waking the client whenever it wants to be.
    mutating func advance(to end: Duration) {
        let patience = 100
        var inVain = 0
        while let wake = client.wakeTime, wake <= end {
            inVain = wake <= now ? inVain + 1 : 0
            guard inVain < patience else {
                Issue.record("time does not pass \(wake)")
                break
            }
            self.wake()
        }
        now = end
        perform { client, now, actions in client.advance(to: now, &actions) }
    }

    /// An answer to a message, as a server would give it.
    static func answer(_ query: Message, _ change: (inout Message) -> Void = { _ in }) -> Message {
        var message = Message(header: query.header, questions: query.questions)
        message.header.isResponse = true
        message.header.offersRecursion = true
        if let question = query.questions.first, question.type == .a {
            message.answers = [
                Record(name: question.name, timeToLive: 60, data: ARecord(IPv4Address(bits: 0xC000_0201)))
            ]
        }
        change(&message)
        return message
    }

    /// Something comes back on the way that a message has gone.
    mutating func deliver(_ message: Message, on sent: Sent) {
        guard let bytes = try? message.bytes() else { preconditionFailure("\(message) cannot be written") }
        deliver(bytes, on: sent)
    }

    mutating func deliver(_ bytes: [UInt8], on sent: Sent) {
        perform { client, now, actions in
            if sent.isStream {
                client.receivedOnStream(bytes, on: sent.carrier, at: now, &actions)
            } else {
                client.received(bytes, on: sent.carrier, at: now, &actions)
            }
        }
    }

    /// The server answers the message with this number.
    mutating func answer(_ number: Int, _ change: (inout Message) -> Void = { _ in }) {
        deliver(Self.answer(sent[number].message, change), on: sent[number])
    }

    /// What the query has come to, in words; `nil` while it has not.
    func end(of key: QueryClient.Key) -> String? {
        switch outcomes[key] {
        case nil: nil
        case .answered(let answer):
            switch answer.content {
            case .addresses(let addresses): addresses.map { "\($0)" }.joined(separator: " ")
            case .records(let records): records.map { "\($0.data)" }.joined(separator: " ")
            case .noData: "no data"
            case .nameError: "no such name"
            case .alias(let name): "alias of \(name)"
            }
        case .failed(let failures): "failed: " + failures.map(\.description).joined(separator: "; ")
        case .queueFull: "queue full"
        case .noDescriptor(let reason): "no descriptor: \(reason)"
        case .noThread(let reason): "no thread: \(reason)"
        }
    }

    /// Where and when each message went.
    var summaries: [String] { sent.map(\.summary) }
}
