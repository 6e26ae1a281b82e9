// SPDX-License-Identifier: Apache-2.0

package import IPAddresses

/// How names are looked up and servers are asked: what the caller has set and resolv.conf says, as one value.
@available(FairDial 0.1, *)
package struct QueryConfiguration: Hashable, Sendable {
    /// The servers, the first one first.
    package var servers: [NameServer]

    /// The longest that one try of one server is waited for; what is learned of a server makes that shorter. Default 5
    /// s, as resolv.conf's `timeout`.
    package var timeout: Duration = .seconds(5)

    /// How often each server may say "no" to a query, or fail, before the query is given up. Default 2, as
    /// resolv.conf's `attempts`.
    package var attempts = 2

    /// The longest that a query may take in all; `nil` for `timeout` × `attempts` × servers, and 30 s at most.
    package var lookupTimeout: Duration?

    /// Whether queries take turns over the servers, instead of all beginning with the first (`rotate`).
    package var rotates = false

    /// Whether only streams are used (`use-vc`); always so where they are TLS.
    package var usesStreamsOnly = false

    /// Whether the server is asked for its word that it has verified the answer (`trust-ad`, RFC 6840 §5.7).
    package var wantsAuthenticData = false

    /// Whether letters go out in random case: some bits more to guess. Default `true`. Names of one label, servers on
    /// the loopback and servers that have shown that they want the name as it is written are asked for it as it is
    /// written all the same.
    package var mixesCase = true

    /// Whether that is done to servers on the loopback too, where only this machine could forge; for tests.
    package var mixesCaseOnLoopback = false

    /// Whether cookies are exchanged with servers that know them (RFC 7873). Default `true`.
    package var usesCookies = true

    /// The largest answer over UDP that is asked for: 1232 bytes, which no path fragments.
    package var datagramSize: UInt16 = 1232

    /// How many tries may be in flight to one server. Default 32,768; lower it for a server that refuses sooner.
    package var inFlightLimit = 32_768

    /// How many queries may wait for that. Default 65,536.
    package var waitingLimit = 65_536

    /// What relative names may mean.
    package var searchList = SearchList([])

    /// Whether a domain of the search list in which nothing is ever found comes after the name as written.
    package var guardsSearch = false

    /// Whether the second family is asked for only when the first has been answered (`single-request`).
    package var asksOneByOne = false

    /// Families that are not asked for (`no-aaaa`).
    package var skipped: AddressFamilies = []

    /// What is kept of answers.
    package var cache = CacheConfiguration()

    /// How source ports are used.
    package var ports = SourcePortConfiguration()

    /// The defaults, for these servers.
    package init(servers: [NameServer]) {
        self.servers = servers
    }

    /// The longest that a query may take in all.
    var effectiveLookupTimeout: Duration {
        let longest = Duration.seconds(30)
        return lookupTimeout ?? min(longest, timeout * (max(1, attempts) * max(1, servers.count)))
    }
}
