// SPDX-License-Identifier: Apache-2.0

import IPAddresses
package import NameResolution

/// How names are looked up in DNS. The default is what resolv.conf says, read again whenever it changes.
@available(FairDial 0.1, *)
public struct DNSResolverConfiguration: Sendable {
    /// The servers to ask instead of those in resolv.conf; `nil`, the default, for those.
    public var servers: [NameServer]?

    /// The file. Its search list and options count also where `servers` is given; an empty path is no file.
    public var configurationPath = "/etc/resolv.conf"

    /// The longest that one query may take; `nil`, the default, for what resolv.conf's `timeout` and `attempts` give.
    public var lookupTimeout: Duration?

    /// Whether only streams are used, as `use-vc` in resolv.conf says for every program.
    public var usesStreamsOnly = false

    /// Whether letters go out in random case, some bits more for a forger to guess. Default `true`; turn it off where a
    /// server wants names as they are written and the time until that is learned matters.
    public var mixesCase = true

    /// Whether cookies are exchanged with servers that know them (RFC 7873). Default `true`.
    public var usesCookies = true

    /// How many tries may be in flight to one server. Default 32,768. Lower it for servers that refuse sooner: dnsmasq
    /// does beyond 150.
    package var inFlightLimit = 32_768

    /// How source ports are used.
    package var ports = SourcePortConfiguration()

    /// What is kept of answers.
    public var cache = CacheConfiguration()

    /// Whether a domain of the search list in which nothing is ever found comes after the name as written: one in which
    /// 16 different names were sought and none found, for ten minutes. Off by default: it changes which of two names is
    /// meant where both exist. Turn it on where `ndots:5` floods the server, as Kubernetes has it.
    public var guardsSearchList = false

    /// Is told every step on the way to each answer; `nil` to have none told. It must not block.
    package var trace: (@Sendable (QueryTrace) -> Void)?

    /// Whether letters have a random case on the loopback too; for tests.
    package var mixesCaseOnLoopback = false

    /// How streams are opened.
    package var transport: any StreamTransport = ChannelTransport()

    /// Clock, randomness and sockets.
    package var machine: any ResolverMachine = KernelMachine()

    /// What the file says, where `configurationPath` is empty.
    package var fileContent = ResolverFile.standard

    /// The port of resolv.conf's servers.
    package var standardPort = NameServer.standardPort

    /// The name in the certificate of resolv.conf's servers.
    package var tlsName: String?

    /// The defaults.
    public init() {}

    /// The servers to ask.
    func servers(in file: ResolverFile) -> [NameServer] {
        if let servers { return servers }
        return file.servers.map { server in
            let port = server.port == NameServer.standardPort ? standardPort : server.port
            return NameServer(Endpoint(address: server.address, port: port), tlsName: tlsName)
        }
    }

    /// What all this and the file mean together.
    func query(_ file: ResolverFile) -> QueryConfiguration {
        var query = QueryConfiguration(servers: servers(in: file))
        query.timeout = file.timeout.bounded
        query.attempts = file.attempts
        query.lookupTimeout = lookupTimeout?.bounded
        query.rotates = file.rotates
        query.usesStreamsOnly = usesStreamsOnly || file.usesStreamsOnly || transport.isPrivate
        query.wantsAuthenticData = file.trustsAuthenticData
        query.mixesCase = mixesCase
        query.mixesCaseOnLoopback = mixesCaseOnLoopback
        query.usesCookies = usesCookies
        query.inFlightLimit = inFlightLimit
        query.ports = ports
        query.ports.lifetime = ports.lifetime.bounded
        if file.usesPortPerQuery { query.ports.queries = 1 }
        query.searchList = SearchList(file.search, ndots: file.ndots, skipsTopLevel: file.skipsTopLevel)
        query.guardsSearch = guardsSearchList
        query.asksOneByOne = file.asksOneByOne
        query.skipped = file.skipsIPv6 ? .ipv6 : []
        query.cache = cache
        return query
    }
}
