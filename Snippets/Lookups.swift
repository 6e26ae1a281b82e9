// SPDX-License-Identifier: Apache-2.0

// Names in DNS: records, answers that may be old while the servers are away, and what HTTPS records say of a host.

import DNSMessages
import DNSResolution
import FairDial

func lookups() async throws {
    var configuration = DNSResolverConfiguration()  // resolv.conf's servers, unless you name others
    configuration.cache.staleness = .seconds(3_600)  // give old answers while the servers are away, and mark them
    let resolver = DNSResolver(configuration)
    let mail = try await resolver.records(of: DomainName("example.org"), .mx)
    for record in mail.records { print(record) }
    resolver.flush(try DomainName("example.org"))  // forget one name; `flush()` forgets all

    var dialing = DialerConfiguration()  // dials with this resolver; `Dialer.shared` has one of its own
    dialing.resolver = NameResolver(resolver)
    let dialer = Dialer(dialing)

    var options = DialOptions()  // HTTPS records (RFC 9460): another host, port, protocols
    options.bindings = .https(protocols: ["h2", "http/1.1"])
    let web = try await dialer.connect(to: "www.example.org", port: 443, options: options)
    print(web.winner.destination, web.winner.binding?.protocols ?? [])
}
