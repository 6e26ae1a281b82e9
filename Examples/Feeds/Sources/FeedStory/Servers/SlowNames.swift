// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses

/// The names of the embedded feeds: all of them are 127.0.0.1, and each answer takes its time.
package struct SlowNames: Sendable {
    /// What they end with.
    package static let suffix = ".slow.test"

    /// How long an answer takes.
    package let delay: Duration

    package init(delay: Duration) {
        self.delay = delay
    }

    /// The name of the feed with this number.
    package static func name(_ number: Int) -> String { "feed-\(number)\(suffix)" }

    /// What the DNS server says.
    func respond(to query: DNSServer.Query) -> DNSServer.Response {
        guard query.name.hasSuffix(Self.suffix) else { return DNSServer.Response(.nameNotFound) }
        return DNSServer.Response(.addresses([.v4(.loopback)]), after: delay)
    }
}
