// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import FairDial
import FairDialTestKit
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import IPAddresses
import NIOConcurrencyHelpers
import NameResolution
import Testing

@testable import FairDialGRPC

@Suite(.timeLimit(.minutes(2))) struct `A name of which one family is silent` {
    @Test func `is called while its AAAA is still waited for`() async throws {
        let server = try await EchoServer.start()
        let names = try await DNSServer.start { query in
            query.family == .ipv4 ? .init(.addresses([.v4(.loopback)])) : .init(.silence)
        }
        var resolving = DNSResolverConfiguration()
        resolving.servers = [NameServer(Endpoint(address: .v4(.loopback), port: UInt16(clamping: names.port)))]
        // However slow the machine, the AAAA is still waited for when the call has ended.
        resolving.lookupTimeout = .seconds(100)
        var configuration = DialerConfiguration()
        configuration.resolver = NameResolution.NameResolver(DNSResolver(resolving))
        configuration.timeouts.lookup = .seconds(100)
        let dialer = Dialer(configuration)
        let transport = try FairChannel(
            target: .dns(host: "half.test", port: server.port),
            transportSecurity: .plaintext,
            dialer: dialer
        )
        try await withGRPCClient(transport: transport) { client in
            let isCalled = await Patience.untilEnded { try? await expectEcho(from: client) }
            #expect(isCalled)
            #expect(dialer.lookupsInFlight.map(\.name) == ["half.test"])
            #expect(server.callCount == 1)
        }
        // The lookup ends with the channel.
        #expect(await Patience.untilTrue { dialer.lookupsInFlight.isEmpty })
        await server.stop()
        await names.stop()
    }

    @Test func `is told with what there is after the resolution delay, and with the rest when it comes`() async throws {
        let clock = ManualClock()
        let resolver = ScriptedResolver()
        var configuration = DialerConfiguration()
        configuration.use(try ScriptedNetwork(on: clock, reaching: [:]))
        configuration.resolver = NameResolution.NameResolver(resolver)
        let factory = FairNames(dialer: Dialer(configuration), spreadingWith: nil) { _ in try Task.checkCancellation() }
        let told = NIOLockedValueBox<[Set<String>]>([])
        let reading = Task {
            for try await result in factory.resolver(for: .init(host: "db.test", port: 80)).names {
                let hosts = result.endpoints.flatMap(\.addresses).map { $0.ipv4?.host ?? $0.ipv6?.host ?? "" }
                told.withLockedValue { $0.append(Set(hosts)) }
            }
        }
        func all() -> [Set<String>] { told.withLockedValue { $0 } }
        let (four, six) = (try IPAddress("192.0.2.1"), try IPAddress("2001:db8::1"))
        let first = try await resolver.nextLookup()
        first.start()
        await clock.sleepers()
        first.answer([four], settling: .ipv4)
        await clock.advance(to: .milliseconds(49))
        #expect(all() == [])
        await clock.advance(to: .milliseconds(50))
        #expect(await Patience.untilTrue { all() == [["192.0.2.1"]] })
        first.answer([six], settling: .ipv6)
        first.end()
        await clock.advance(to: .milliseconds(51))
        #expect(await Patience.untilTrue { all().count == 2 })
        #expect(all().last == ["192.0.2.1", "2001:db8::1"])
        // It is looked up again, and moves, while the AAAA is silent: its old address of that family stays.
        let second = try await resolver.nextLookup()
        second.start()
        await clock.sleepers()
        second.answer([try IPAddress("192.0.2.2")], settling: .ipv4)
        await clock.advance(to: .milliseconds(200))
        #expect(await Patience.untilTrue { all().count == 3 })
        #expect(all().last == ["192.0.2.2", "2001:db8::1"])
        // And the stream cancels it when its reader has gone.
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
        try await second.cancelled()
    }
}
