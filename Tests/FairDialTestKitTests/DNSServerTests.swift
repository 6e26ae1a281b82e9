// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import DNSResolution
import FairDial
import FairDialTestKit
import IPAddresses
import NameResolution
import Testing

@Suite struct `The little DNS server` {
    private static let records: [Record] = {
        func name(_ text: String) -> DomainName { (try? DomainName(text)) ?? .root }
        let binding = SVCBRecord(priority: 1, target: name("svc.test"))
        return [
            Record(
                name: name("_db._tcp.test"),
                timeToLive: 60,
                data: SRVRecord(priority: 1, weight: 0, port: 27017, target: name("a.test"))
            ),
            Record(name: name("www.test"), timeToLive: 60, data: HTTPSRecord(binding)),
            Record(name: name("_foo.test"), timeToLive: 60, data: binding),
            Record(name: name("text.test"), timeToLive: 60, data: TXTRecord([Array("v=1".utf8)])),
        ]
    }()

    private static func start() async throws -> (DNSServer, DNSResolver) {
        let server = try await DNSServer.start { query in
            let found = records.filter { $0.type == query.type && "\($0.name)".hasPrefix(query.name) }
            return DNSServer.Response(found.isEmpty ? .nameNotFound : .records(found))
        }
        return (server, resolver(of: server))
    }

    private static func resolver(of server: DNSServer) -> DNSResolver {
        var configuration = DNSResolverConfiguration()
        configuration.servers = [
            NameServer(Endpoint(address: .v4(.loopback), port: UInt16(clamping: server.port)))
        ]
        return DNSResolver(configuration)
    }

    @Test(arguments: records)
    func `a record of any type is answered as it is`(_ record: Record) async throws {
        let (server, resolver) = try await Self.start()
        let answer = try await resolver.records(of: record.name, record.type)
        #expect(answer.records.map(\.data.description) == [record.data.description])
        // A busy machine may have it asked again.
        #expect(server.count(of: "\(record.name)".droppingFinalDot, type: record.type) >= 1)
        await server.stop()
    }

    @Test func `an alias is answered with what it leads to`() async throws {
        let (alias, host) = (try DomainName("alias.test"), try DomainName("host.test"))
        let server = try await DNSServer.start { query in
            guard query.type == .a else { return DNSServer.Response(.addresses([])) }
            return DNSServer.Response(
                .records([
                    Record(name: alias, timeToLive: 60, data: CNAMERecord(host)),
                    Record(name: host, timeToLive: 60, data: ARecord(IPv4Address(bits: 0xC000_0201))),
                ])
            )
        }
        var configuration = DialerConfiguration()
        configuration.resolver = NameResolver(Self.resolver(of: server), localNames: nil)
        let answer = try await Dialer(configuration).resolve("alias.test", port: 80)
        #expect(answer.endpoints.map { "\($0)" } == ["192.0.2.1:80"])
        await server.stop()
    }
}

extension String {
    fileprivate var droppingFinalDot: String { hasSuffix(".") ? String(dropLast()) : self }
}
