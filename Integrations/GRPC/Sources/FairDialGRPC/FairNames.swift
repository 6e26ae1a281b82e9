// SPDX-License-Identifier: Apache-2.0

public import FairDial
public import GRPCCore
public import GRPCNIOTransportHTTP2Posix
import IPAddresses

/// Looks gRPC's DNS targets up through a dialer: shared with everybody else who asks, never in one line for the whole
/// process, and again when the answer expires.
///
/// While a name fails its old addresses stay in use. A family that is silent is waited for no longer than the dialer's
/// resolution delay (50 ms; RFC 8305 §3): what there is by then is told, and the rest when it comes. What the dialer's
/// policy forbids is left out. One endpoint with all addresses is told, in destination order (RFC 6724); or one for
/// each, and that calls are spread over them.
public struct FairNames: NameResolverFactory, Sendable {
    /// gRPC's `.dns(host:port:)`.
    public typealias Target = ResolvableTargets.DNS

    private let dialer: Dialer
    private let spreading: CallSpreading?
    private let pause: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - dialer: whose resolver, timeouts and policy to use.
    ///   - spreads: the service config to tell with the addresses, where calls are to be spread over them: its load
    ///     balancing is set to round robin. A config that a resolver tells takes the place of the transport's, so give
    ///     all of it here, its methods and retries too. `nil`, the default, for one connection to the first address
    ///     that takes it.
    public init(dialer: Dialer = .shared, spreadingWith spreads: ServiceConfig? = nil) {
        self.init(dialer: dialer, spreadingWith: spreads, pause: { try await Task.sleep(for: $0) })
    }

    /// - Parameter pause: waits between lookups; not on the real clock in tests alone.
    init(
        dialer: Dialer,
        spreadingWith spreads: ServiceConfig?,
        pause: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.dialer = dialer
        spreading = spreads.map { CallSpreading($0) }
        self.pause = pause
    }

    /// A resolver for one target; without a port it is 443, as gRPC has it. A target that cannot be read fails when it
    /// is resolved.
    public func resolver(for target: Target) -> GRPCNIOTransportCore.NameResolver {
        let port = target.port ?? 443
        let isBare = target.host.contains(":") && !target.host.hasPrefix("[")
        let host = isBare ? "[\(target.host)]" : target.host
        return GRPCNIOTransportCore.NameResolver(
            names: RPCAsyncSequence(
                wrapping: NameUpdates(
                    host: target.host,
                    port: port,
                    dialer: dialer,
                    spreading: spreading,
                    pause: pause
                )
            ),
            updateMode: .push,
            authority: host + (target.port.map { ":\($0)" } ?? "")
        )
    }
}

extension NameResolverRegistry {
    /// gRPC's own registry, with `FairNames` for DNS targets in place of the one line per process, and with the
    /// dialer's policy for all others: addresses that it forbids, and Unix and virtual sockets where it allows no
    /// paths, fail their calls (`FairAddresses`).
    ///
    /// ```swift
    /// try HTTP2ClientTransport.Posix(target: target, transportSecurity: .tls, resolverRegistry: .fair())
    /// ```
    ///
    /// A channel of grpc-swift-nio-transport 2.9 that is shut down gracefully before its name's first answer does not
    /// end, nor does one all of whose addresses the policy forbids; cancel its task, or use `FairChannel`, which does.
    ///
    /// - Parameters:
    ///   - dialer: whose resolver, timeouts and policy to use.
    ///   - spreads: where calls are to be spread over all addresses of a name, or of a target that has several: the
    ///     whole service config, as `FairNames` has it.
    public static func fair(
        dialer: Dialer = .shared,
        spreadingWith spreads: ServiceConfig? = nil
    ) -> NameResolverRegistry {
        var registry = NameResolverRegistry.defaults
        // Of two that can read a target the first one is asked.
        registry.removeFactory(ofType: NameResolvers.DNS.self)
        registry.removeFactory(ofType: NameResolvers.IPv4.self)
        registry.removeFactory(ofType: NameResolvers.IPv6.self)
        registry.removeFactory(ofType: NameResolvers.UnixDomainSocket.self)
        registry.removeFactory(ofType: NameResolvers.VirtualSocket.self)
        let policy = dialer.configuration.policy ?? .unrestricted
        let spreading = spreads.map { CallSpreading($0) }
        registry.registerFactory(FairNames(dialer: dialer, spreadingWith: spreads))
        registry.registerFactory(FairAddresses(NameResolvers.IPv4(), policy, spreading))
        registry.registerFactory(FairAddresses(NameResolvers.IPv6(), policy, spreading))
        registry.registerFactory(FairAddresses(NameResolvers.UnixDomainSocket(), policy, spreading))
        registry.registerFactory(FairAddresses(NameResolvers.VirtualSocket(), policy, spreading))
        return registry
    }
}
