// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses

/// The rally's names: all of them are at 127.0.0.1, and those under `slow.test` are answered late.
struct SlowNames: Sendable {
    /// A name server that is slow for these.
    static let slowSuffix = ".slow.test"

    /// And answers these at once.
    static let fastSuffix = ".fast.test"

    /// And about the IPv6 addresses of these it says nothing at all, as some broken ones do.
    static let droppedSuffix = ".dropped.test"

    /// How long a slow answer takes.
    let delay: Duration

    /// What the DNS server says.
    func respond(to query: DNSServer.Query) -> DNSServer.Response {
        if query.name.hasSuffix(Self.droppedSuffix) {
            return DNSServer.Response(query.family == .ipv6 ? .silence : .addresses([.v4(.loopback)]))
        }
        guard let delay = delay(of: query.name) else { return DNSServer.Response(.nameNotFound) }
        return DNSServer.Response(.addresses([.v4(.loopback)]), after: delay)
    }

    /// How long the answer about a name takes; `nil` for a name that does not exist.
    func delay(of name: String) -> Duration? {
        if name.hasSuffix(Self.slowSuffix) { return delay }
        return name.hasSuffix(Self.fastSuffix) ? .zero : nil
    }
}
