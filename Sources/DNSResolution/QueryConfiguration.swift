// SPDX-License-Identifier: Apache-2.0

/// How servers are asked.
public struct QueryConfiguration: Hashable, Sendable {
    /// The servers, the first one first.
    public var servers: [NameServer]

    /// The longest that one try of one server is waited for; what is learned of a server makes that shorter. Default 5 s, as
    /// resolv.conf's `timeout`.
    public var timeout: Duration = .seconds(5)

    /// How often each server may say "no" to a query, or fail, before the query is given up. Default 2, as resolv.conf's
    /// `attempts`.
    public var attempts = 2

    /// The longest that a query may take in all; `nil` for `timeout` × `attempts` × servers, and 30 s at most.
    public var budget: Duration?

    /// Whether queries take turns over the servers, instead of all beginning with the first (`rotate`).
    public var rotates = false

    /// Whether only streams are used (`use-vc`); always so where they are TLS.
    public var usesStreamsOnly = false

    /// Whether the server is asked for its word that it has verified the answer (`trust-ad`, RFC 6840 §5.7).
    public var wantsAuthenticData = false

    /// Whether letters go out in random case: some bits more to guess. Default `true`. Names of one label, servers on the loopback
    /// and servers that have shown that they want the name as it is written are asked for it as it is written all the same.
    public var mixesCase = true

    /// Whether that is done to servers on the loopback too, where only this machine could forge; for tests.
    package var mixesCaseOnLoopback = false

    /// Whether cookies are exchanged with servers that know them (RFC 7873). Default `true`.
    public var usesCookies = true

    /// The largest answer over UDP that is asked for: 1232 bytes, which no path fragments.
    public var datagramSize: UInt16 = 1232

    /// How many tries may be in flight to one server. Default 32,768; lower it for a server that refuses sooner.
    public var inFlightLimit = 32_768

    /// How many queries may wait for that. Default 65,536.
    public var waitingLimit = 65_536

    /// How source ports are used.
    public var ports = SourcePorts.Configuration()

    /// The defaults, for these servers.
    public init(servers: [NameServer]) {
        self.servers = servers
    }

    /// The longest that a query may take in all.
    var totalBudget: Duration {
        let longest = Duration.seconds(30)
        return budget ?? min(longest, timeout * (max(1, attempts) * max(1, servers.count)))
    }
}
