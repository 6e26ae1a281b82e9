// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import DNSResolution
import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NameResolution
import Testing

@testable import FairDial

private let six1 = Destinations.six1
private let four1 = Destinations.four1
private let four2 = Destinations.four2

private func records(_ texts: String...) throws -> [SVCBRecord] {
    try texts.map { try SVCBRecord(presentation: $0) }
}

@Suite(.timeLimit(.minutes(15))) struct `A dial with service bindings` {
    private static var options: DialOptions {
        var options = DialOptions()
        options.bindings = .https(protocols: ["h2", "http/1.1"])
        return options
    }

    private static func to(_ address: IPAddress, _ port: UInt16 = 443) -> Destination {
        Destinations.to(address, port: port)
    }

    @Test func `a binding's target is looked up, its port dialed, and the caller told what it offers`() async throws {
        let world = ScriptedWorld([Self.to(four2, 8_443): .connectsAtOnce])
        async let dialed = world.dialer.takeSocket(to: "web.test", port: 443, options: Self.options)
        let host = try await world.resolver.nextLookup(of: "web.test")
        #expect(host.question.service == .https(port: 443))
        host.answer([four1])
        host.bind(try records("1 far.test port=8443 alpn=h2,h3"))
        let far = try await world.resolver.nextLookup(of: "far.test.")
        #expect(far.question.service == nil)
        far.answer([four2], settling: .both)
        let socket = try await dialed
        #expect(socket.destination == Self.to(four2, 8_443))
        #expect(socket.binding?.protocols == ["h2", "http/1.1"])
        #expect(socket.binding?.target == "far.test")
        // No caller waits for the rest.
        #expect(host.cancellations == 1 && far.cancellations == 1)
        #expect(world.network.opened.map(\.destination) == [Self.to(four2, 8_443)])
    }

    @Test func `a hint is dialed before the target's addresses have come`() async throws {
        let world = ScriptedWorld([Self.to(six1): .connectsAtOnce])
        async let dialed = world.dialer.takeSocket(to: "web.test", port: 443, options: Self.options)
        let host = try await world.resolver.nextLookup(of: "web.test")
        host.bind(try records("1 far.test ipv6hint=2001:db8::1"))
        let socket = try await dialed
        #expect(socket.destination == Self.to(six1))
        #expect(try await world.resolver.nextLookup(of: "far.test.").cancellations == 1)
    }

    @Test func `the host's own addresses wait for the bindings, and for the resolution delay at most`() async throws {
        let world = ScriptedWorld([Self.to(four1): .connectsAtOnce])
        async let dialed = world.dialer.takeSocket(to: "web.test", port: 443, options: Self.options)
        let host = try await world.resolver.nextLookup(of: "web.test")
        host.answer([four1])
        await world.clock.sleepers()
        await world.clock.advance(to: at(49))
        #expect(world.network.opened == [])
        await world.clock.advance(to: at(50))
        let socket = try await dialed
        #expect(socket.binding == nil)
        #expect(socket.report.lookup == at(50))
    }

    @Test func `where no binding leads to a connection, the host's own address does`() async throws {
        let world = ScriptedWorld([
            Self.to(four2, 8_443): .fails(111, after: .zero), Self.to(four1, 8_443): .fails(111, after: .zero),
            Self.to(four1): .connectsAtOnce,
        ])
        async let dialed = world.dialer.takeSocket(to: "web.test", port: 443, options: Self.options)
        let host = try await world.resolver.nextLookup(of: "web.test")
        host.bind(try records("1 far.test port=8443", "2 web.test port=8443"))
        host.answer([four1])
        host.end()
        let far = try await world.resolver.nextLookup(of: "far.test.")
        far.answer([four2])
        far.end()
        let socket = try await dialed
        #expect(
            world.network.opened.map(\.destination) == [Self.to(four2, 8_443), Self.to(four1, 8_443), Self.to(four1)]
        )
        #expect(socket.binding == nil)
    }

    @Test func `a host that has an alias alone is dialed where that leads`() async throws {
        let world = ScriptedWorld([Self.to(four2): .connectsAtOnce])
        async let dialed = world.dialer.takeSocket(to: "web.test", port: 443, options: Self.options)
        let host = try await world.resolver.nextLookup(of: "web.test")
        host.answer([])
        host.bind([], alias: try DomainName("pool.test"))
        host.end()
        let pool = try await world.resolver.nextLookup(of: "pool.test.")
        pool.answer([four2])
        let socket = try await dialed
        #expect(socket.destination == Self.to(four2))
        #expect(socket.binding == nil)
    }

    @Test func `records that are of no use are as good as none`() async throws {
        let world = ScriptedWorld([Self.to(four1): .connectsAtOnce])
        async let dialed = world.dialer.takeSocket(to: "web.test", port: 443, options: Self.options)
        let host = try await world.resolver.nextLookup(of: "web.test")
        host.answer([four1])
        host.bind(try records("1 far.test alpn=h3 no-default-alpn", "2 far.test key667=x mandatory=key667"))
        #expect(try await dialed.destination == Self.to(four1))
        #expect(world.resolver.lookups.count == 1)
    }

    @Test func `the dial goes on while any lookup does, and fails with the first one's reason`() async throws {
        let world = ScriptedWorld()
        let dialed = Task { () async throws(DialError) in
            try await world.dialer.takeSocket(to: "web.test", port: 443, options: Self.options)
        }
        let host = try await world.resolver.nextLookup(of: "web.test")
        host.bind(try records("1 far.test"))
        host.answer([])
        host.end()
        let far = try await world.resolver.nextLookup(of: "far.test.")
        await world.clock.sleepers()
        far.end(ResolutionError(.temporaryFailure, "far.test A: SERVFAIL"))
        let error = await #expect(throws: DialError.self) { try await dialed.value }
        #expect(error?.code == .temporaryNameFailure)
        #expect(error?.message.contains("far.test A: SERVFAIL") == true)
    }

    @Test func `what a target brings late is dialed after what came before it`() async throws {
        let world = ScriptedWorld([Self.to(four2): .connectsAtOnce])
        async let dialed = world.dialer.takeSocket(to: "web.test", port: 443, options: Self.options)
        let host = try await world.resolver.nextLookup(of: "web.test")
        host.answer([four1])
        host.bind(try records("1 far.test"))
        host.end()
        let far = try await world.resolver.nextLookup(of: "far.test.")
        await world.clock.sleepers()
        await world.clock.advance(to: at(60))
        #expect(world.network.opened.map(\.destination) == [Self.to(four1)])
        far.answer([four2])
        await world.clock.advance(to: at(400))
        #expect(try await dialed.destination == Self.to(four2))
        #expect(world.isClean(open: [Self.to(four2)]))
    }

    @Test func `a policy judges what bindings lead to, hints included`() async throws {
        let world = ScriptedWorld([Self.to(four1): .connectsAtOnce, Self.to(four2): .connectsAtOnce])
        var configuration = world.dialer.configuration
        configuration.policy = AddressPolicy(isAllowed: { address, _, _ in address != four2 })
        async let dialed = Dialer(configuration).takeSocket(to: "web.test", port: 443, options: Self.options)
        let host = try await world.resolver.nextLookup(of: "web.test")
        host.bind(try records("1 far.test ipv4hint=192.0.2.2"))
        host.answer([four1])
        host.end()
        try await world.resolver.nextLookup(of: "far.test.").end()
        let socket = try await dialed
        #expect(socket.destination == Self.to(four1))
        #expect(socket.report.attempts.map(\.outcome) == [.vetoed, .connected])
    }

    @Test func `a literal, a local name and an answer have no bindings`() async throws {
        let world = ScriptedWorld([Self.to(four1): .connectsAtOnce], addresses: [four1])
        let literal = try await world.dialer.takeSocket(to: "192.0.2.1", port: 443, options: Self.options)
        let override = try await world.dialer.takeSocket(to: "db.test", port: 443, options: Self.options)
        #expect(literal.binding == nil && override.binding == nil)
        async let answered = world.dialer.resolve("web.test", port: 443, options: Self.options)
        let lookup = try await world.resolver.nextLookup(of: "web.test")
        #expect(lookup.question.service == nil)
        lookup.answer([four1])
        lookup.end()
        #expect(try await answered.endpoints.map(\.address) == [four1])
    }

    @Test func `a dial that is cancelled leaves every lookup`() async throws {
        let world = ScriptedWorld()
        let task = Task {
            try? await world.dialer.takeSocket(to: "web.test", port: 443, options: Self.options)
        }
        let host = try await world.resolver.nextLookup(of: "web.test")
        host.bind(try records("1 far.test", "2 near.test"))
        let targets = [
            try await world.resolver.nextLookup(of: "far.test."), try await world.resolver.nextLookup(of: "near.test."),
        ]
        await world.clock.sleepers()
        task.cancel()
        await world.clock.advance(to: at(1))
        #expect(await task.value == nil)
        for lookup in [host] + targets { #expect(lookup.cancellations == 1) }
    }

    @Test(arguments: [true, false])
    func `a target that could not be looked up is named, whichever lookup ends first`(isTargetFirst: Bool) async throws
    {
        let world = ScriptedWorld()
        let dialed = Task { () async throws(DialError) in
            try await world.dialer.takeSocket(to: "web.test", port: 443, options: Self.options)
        }
        let host = try await world.resolver.nextLookup(of: "web.test")
        host.bind(try records("1 far.test"))
        host.answer([], settling: .ipv4)
        let far = try await world.resolver.nextLookup(of: "far.test.")
        await world.clock.sleepers()
        let trouble = ResolutionError(.temporaryFailure, "far.test A: SERVFAIL")
        if isTargetFirst { far.end(trouble) }
        host.answer([], settling: .ipv6)
        if !isTargetFirst { far.end(trouble) }
        host.end()
        let error = await #expect(throws: DialError.self) { try await dialed.value }
        #expect(error?.code == .temporaryNameFailure)
        #expect(error?.resolutionError == trouble)
    }

    @Test func `a target without a descriptor to ask with is asked again, and the host is not`() async throws {
        let world = ScriptedWorld([Self.to(four2): .connectsAtOnce])
        async let dialed = world.dialer.takeSocket(to: "web.test", port: 443, options: Self.options)
        let host = try await world.resolver.nextLookup(of: "web.test")
        host.bind(try records("1 far.test"))
        host.answer([])
        host.end()
        let shortage = ResolutionError(.noDescriptor, "no descriptor")
        try await world.resolver.nextLookup(of: "far.test.").end(shortage)
        await world.clock.sleepers()
        await world.clock.advance(to: at(5))
        let again = try await world.resolver.nextLookup(of: "far.test.")
        again.answer([four2])
        again.end()
        let socket = try await dialed
        #expect(socket.binding?.target == "far.test")
        #expect(socket.report.queue == at(5))
        #expect(world.resolver.lookups.count == 3)
    }

    @Test func `a target without a descriptor is asked again though there are hints, for they may come to nothing`()
        async throws
    {
        let world = ScriptedWorld([Self.to(four1): .fails(111, after: .zero), Self.to(four2): .connectsAtOnce])
        async let dialed = world.dialer.takeSocket(to: "web.test", port: 443, options: Self.options)
        let host = try await world.resolver.nextLookup(of: "web.test")
        host.answer([])
        host.bind(try records("1 web.test ipv4hint=192.0.2.1", "2 near.test ipv4hint=192.0.2.1", "3 far.test"))
        host.end()
        try await world.resolver.nextLookup(of: "near.test.").end()
        try await world.resolver.nextLookup(of: "far.test.").end(ResolutionError(.noDescriptor, "no descriptor"))
        await world.clock.sleepers()
        await world.clock.advance(to: at(60))
        let again = try await world.resolver.nextLookup(of: "far.test.")
        again.answer([four2])
        #expect(try await dialed.destination == Self.to(four2))
        #expect(world.network.opened.map(\.destination) == [Self.to(four1), Self.to(four2)])
    }

    @Test func `a host without a descriptor to ask with is asked again, its bindings' targets are not`() async throws {
        let world = ScriptedWorld([Self.to(four2): .connectsAtOnce])
        async let dialed = world.dialer.takeSocket(to: "web.test", port: 443, options: Self.options)
        let host = try await world.resolver.nextLookup(of: "web.test")
        host.bind(try records("1 far.test"))
        let far = try await world.resolver.nextLookup(of: "far.test.")
        host.end(ResolutionError(.noDescriptor, "no descriptor"))
        await world.clock.sleepers()
        await world.clock.advance(to: at(5))
        let again = try await world.resolver.nextLookup(of: "web.test")
        again.answer([])
        far.answer([four2])
        far.end()
        again.end()
        #expect(try await dialed.destination == Self.to(four2))
        #expect(world.resolver.lookups.count == 3)
    }

    @Test func `a dial that is cancelled while a target waits for a descriptor leaves the host's lookup`()
        async throws
    {
        let world = ScriptedWorld()
        let task = Task { () async throws(DialError) in
            try await world.dialer.takeSocket(to: "web.test", port: 443, options: Self.options)
        }
        let host = try await world.resolver.nextLookup(of: "web.test")
        host.bind(try records("1 far.test"))
        let far = try await world.resolver.nextLookup(of: "far.test.")
        await world.clock.sleepers()
        far.end(ResolutionError(.noDescriptor, "no descriptor"))
        await world.clock.advance(to: at(1))
        task.cancel()
        await world.clock.advance(to: at(2))
        let error = await #expect(throws: DialError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(host.cancellations == 1)
    }

    @Test func `a target that waits for its place is waited for on the queue's clock`() async throws {
        let world = ScriptedWorld([Self.to(four2): .connectsAtOnce])
        async let dialed = world.dialer.takeSocket(to: "web.test", port: 443, options: Self.options)
        let host = try await world.resolver.nextLookup(of: "web.test")
        host.start()
        host.bind(try records("1 far.test"))
        host.answer([])
        host.end()
        let far = try await world.resolver.nextLookup(of: "far.test.")
        await world.clock.sleepers()
        await world.clock.advance(to: at(30))
        far.start()
        await world.clock.advance(to: at(42))
        far.answer([four2])
        let socket = try await dialed
        #expect(socket.report.queue == at(30))
        #expect(socket.report.lookup == at(12))
    }

    @Test func `what is overridden is not looked up, as a target either`() async throws {
        let world = ScriptedWorld([Self.to(four2, 8_443): .connectsAtOnce], addresses: [four2])
        async let dialed = world.dialer.takeSocket(to: "web.test", port: 443, options: Self.options)
        let host = try await world.resolver.nextLookup(of: "web.test")
        host.bind(try records("1 DB.test port=8443"))
        host.answer([])
        #expect(try await dialed.destination == Self.to(four2, 8_443))
        #expect(world.resolver.lookups.count == 1)
    }

    @Test func `the report say who has answered, and whether any of it was stale`() async throws {
        let world = ScriptedWorld([Self.to(four2): .connectsAtOnce])
        async let dialed = world.dialer.takeSocket(to: "web.test", port: 443, options: Self.options)
        let host = try await world.resolver.nextLookup(of: "web.test")
        host.bind(try records("1 far.test"))
        host.end(ResolutionError(.temporaryFailure, "web.test A: SERVFAIL"))
        let far = try await world.resolver.nextLookup(of: "far.test.")
        let server = Endpoint(address: four1, port: 53)
        far.deliver(
            .answered(
                LookupResult(
                    families: .both,
                    addresses: [four2],
                    isInDestinationOrder: false,
                    source: .cache,
                    server: server,
                    isStale: true
                )
            )
        )
        let report = try await dialed.report
        #expect(report.source == .cache && report.server == server && report.isStale)
        #expect(report.unanswered == .both)
    }

    @Test func `the host is its own binding however its name is written, and an alias back to it is none`() async throws
    {
        let world = ScriptedWorld([Self.to(four1): .connectsAtOnce])
        async let dialed = world.dialer.takeSocket(to: "Web.test.", port: 443, options: Self.options)
        let host = try await world.resolver.nextLookup(of: "web.test.")
        host.bind([], alias: try DomainName("web.test"))
        host.answer([four1])
        let socket = try await dialed
        #expect(socket.binding == nil)
        #expect(world.resolver.lookups.count == 1)
    }

    @Test func `a server that names hundreds of targets has eight looked up`() async throws {
        let world = ScriptedWorld([Self.to(four1): .connectsAtOnce])
        async let dialed = world.dialer.takeSocket(to: "web.test", port: 443, options: Self.options)
        let host = try await world.resolver.nextLookup(of: "web.test")
        host.bind(try (1...300).map { try SVCBRecord(presentation: "\($0) far\($0).test") })
        let first = try await world.resolver.nextLookup(of: "far1.test.")
        // The loop asks for one after the other, on a thread of its own.
        for number in 2...8 { _ = try await world.resolver.nextLookup(of: "far\(number).test.") }
        #expect(world.resolver.lookups.count == 9)
        first.answer([four1])
        // IPv6 addresses of the others might come.
        await world.clock.sleepers()
        await world.clock.advance(to: at(50))
        #expect(try await dialed.destination == Self.to(four1))
    }
}

@Suite struct `A dial with service bindings over the wire` {
    /// A name server that knows one host, its service at a port, and nothing else.
    private static func server(servicePort: Int) async throws -> HostileDNSServer {
        try await HostileDNSServer.start { query in
            guard let message = query.message, let question = message.questions.first else { return [] }
            var answer = Message(header: message.header, questions: message.questions)
            answer.header.isResponse = true
            let isHost = "\(question.name)".lowercased() == "far.example"
            switch question.type {
            case .a where isHost:
                answer.answers = [Record(name: question.name, timeToLive: 60, data: ARecord(.loopback))]
            case .https:
                guard let record = try? SVCBRecord(presentation: "1 far.example port=\(servicePort) alpn=h2") else {
                    return []
                }
                answer.answers = [Record(name: question.name, timeToLive: 60, data: HTTPSRecord(record))]
            default:
                let zone = SOARecord(
                    server: .root,
                    mailbox: .root,
                    serial: 1,
                    refresh: 1,
                    retry: 1,
                    expire: 1,
                    minimum: 60
                )
                answer.authorities = [Record(name: .root, timeToLive: 60, data: zone)]
            }
            return [.send(answer, over: query)]
        }
    }

    @Test func `a host that has bindings alone is connected, and the initializer knows of them before it runs`()
        async throws
    {
        let service = try await LoopbackServer.start()
        let names = try await Self.server(servicePort: service.port)
        var resolver = DNSResolverConfiguration()
        resolver.configurationPath = ""
        resolver.servers = [NameServer(Endpoint(address: .v4(.loopback), port: UInt16(names.port)))]
        var configuration = DialerConfiguration()
        configuration.resolver = NameResolver(DNSResolver(resolver), localNames: nil)
        let told = NIOLockedValueBox<[String]>([])
        var options = DialOptions()
        options.bindings = .https(protocols: ["h2"]) { binding in
            told.withLockedValue { $0.append(binding.protocols.joined(separator: ",")) }
        }
        // The second time the cache has it all.
        for _ in 0..<2 {
            let connection = try await Dialer(configuration).connect(to: "web.example", port: 443, options: options) {
                channel in
                told.withLockedValue { $0.append("initialized") }
                return channel.eventLoop.makeSucceededFuture(channel)
            }
            #expect(connection.destination.endpoint?.port == UInt16(service.port))
            #expect(connection.binding?.target == "far.example")
            try await connection.output.close()
        }
        #expect(told.withLockedValue { $0 } == ["h2", "initialized", "h2", "initialized"])
        // Three for each host, one for its target, shared or kept; what confirms that a host has no addresses of its
        // own; and what a busy machine has taken for silence.
        #expect((5...16).contains(names.queryCount))
        await names.stop()
        try await service.stop()
    }
}
