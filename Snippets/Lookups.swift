// SPDX-License-Identifier: Apache-2.0

// Names in DNS: records, and answers that may be old while the servers are away.

import DNSMessages
import DNSResolution

func lookups() async throws {
    var configuration = DNSResolverConfiguration()  // resolv.conf's servers, unless you name others
    configuration.cache.staleness = .seconds(3_600)  // give old answers while the servers are away, and mark them
    let resolver = DNSResolver(configuration)
    let mail = try await resolver.records(of: DomainName("example.org"), .mx)
    for record in mail.records { print(record) }
}
