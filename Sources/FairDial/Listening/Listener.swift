// SPDX-License-Identifier: Apache-2.0

import GetAddrInfo
public import IPAddresses
package import NIOCore
public import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Listening sockets for one host and port: as many as the host has addresses.
@available(FairDial 0.1, *)
public struct Listener: Sendable {
    /// One server channel per address, in the order in which the addresses were answered.
    package let channels: [any Channel]

    /// Where it listens, with the port that the system chose where 0 was asked for.
    public let endpoints: [Endpoint]

    /// Stops listening on every address.
    public func close() async {
        // One that is closed already is as closed as it can be, and a loop that was shut down would never say so.
        for channel in channels where channel.isActive { try? await channel.close() }
    }

    /// Resolves a host for listening, and binds every address that it has.
    ///
    /// A numeric host and a local name are resolved at once, like a dial's. Without a host it listens on the wildcard
    /// address of both families, each with a socket of its own. An address of a family that this machine does not have
    /// is left out, as long as another one is left; any other error closes what was bound and fails.
    ///
    /// - Parameters:
    ///   - host: numeric or a name; `nil` for every address of this machine (`AI_PASSIVE`).
    ///   - port: 0 … 65535; 0 lets the system choose one, the same on every address.
    ///   - dialer: whose resolver, timeouts and loops to use. Its policy is for what is dialed, and says nothing of
    ///     where this machine listens; its observer is told of dials alone.
    ///   - configure: sets options and initializers on each bootstrap.
    /// - Throws: `DialError`: `invalidTarget`, the lookup's, `allAttemptsFailed` with what each address said,
    ///   `initializerFailed` where a server channel's initializer has not ended within the dialer's handshake timeout,
    ///   `cancelled`, `eventLoopShutdown`, `unsupportedEventLoop` where NIO cannot make channels on the dialer's group.
    public static func bind(
        host: String?,
        port: Int,
        dialer: Dialer = .shared,
        configure: @Sendable (ServerBootstrap) -> ServerBootstrap
    ) async throws(DialError) -> Listener {
        let written = Target.written(host: host ?? "*", port: "\(port)")
        guard let port = UInt16(exactly: port) else {
            throw DialError(.invalidTarget, "port \(port) is not within 0 … 65535", target: written)
        }
        // Else it would wait for a timer on loops that may never run.
        guard dialer.setup.isGroupSupported else { throw Dialer.unsupported(dialer.configuration.group, for: written) }
        let addresses = try await addresses(of: host, dialer: dialer, target: written)
        // Asked for before NIO's loops are touched, which would end the process where they are not to be had.
        let loop = try await dialer.awaitedLoop(for: written, atMost: dialer.setup.timeouts.queue)
        // NIO traps, in debug builds, where it is to bind on loops that are gone.
        if await LoopTimer(in: .zero, on: loop).ended() == .loopShutdown {
            throw DialError(.eventLoopShutdown, "its event loops were shut down before it began", target: written)
        }
        var draws = 1
        while true {
            do {
                return try await bind(
                    addresses,
                    port: port,
                    dialer: dialer,
                    on: loop,
                    target: written,
                    configure: configure
                )
            } catch {
                // The port that the system chose for the first address may be taken on another one: then it draws
                // again.
                let isTaken = error.report.attempts.last?.errorNumber == EADDRINUSE
                guard port == 0, isTaken, draws < portDraws else { throw error }
                draws += 1
            }
        }
    }

    /// How often the system is asked for a port that is free on every address.
    private static var portDraws: Int { 16 }

    private static func addresses(
        of host: String?,
        dialer: Dialer,
        target: String
    ) async throws(DialError) -> [IPAddress] {
        guard let host else {
            // IPv6 first: where IPv4 cannot have the same port beside it, its `bind` fails.
            return [.v6(.unspecified, zone: nil), .v4(.unspecified)]
        }
        // Nothing is dialed here: no policy for that is asked, and no observer is told of a dial.
        var configuration = dialer.configuration
        configuration.policy = nil
        configuration.observer = nil
        var known: Set<IPAddress> = []
        do throws(DialError) {
            // Only the addresses are used: the port to listen on may be 0, which no target has.
            let endpoints = try await Dialer(configuration).resolve(host, port: 1).endpoints
            return endpoints.map(\.address).filter { known.insert($0).inserted }
        } catch {
            throw error.told(of: target)
        }
    }

    private static func bind(
        _ addresses: [IPAddress],
        port: UInt16,
        dialer: Dialer,
        on loop: any EventLoop,
        target: String,
        configure: @Sendable (ServerBootstrap) -> ServerBootstrap
    ) async throws(DialError) -> Listener {
        var port = port
        var channels: [any Channel] = []
        var endpoints: [Endpoint] = []
        var report = DialReport()
        for address in addresses {
            let endpoint = Endpoint(address: address, port: port)
            var attempt = AttemptReport(destination: .internet(endpoint), started: report.total)
            do {
                let channel = try await listen(on: endpoint, dialer: dialer, loop, configure: configure)
                channels.append(channel)
                if port == 0 { port = channel.localAddress?.port.flatMap(UInt16.init(exactly:)) ?? 0 }
                endpoints.append(Endpoint(address: address, port: port))
                attempt.end(.connected, at: report.total)
                report.attempts.append(attempt)
            } catch {
                let number = (error as? IOError)?.errnoCode
                let reason = number.map(AttemptFailure.text) ?? Target.excerpt("\(error)")
                attempt.end(.failed, at: report.total, errorNumber: number, reason: reason)
                report.attempts.append(attempt)
                if isMissingFamily(number) { continue }
                await Listener(channels: channels, endpoints: endpoints).close()
                if let gap = error as? PendingBind.Gap { throw failure(gap, report, dialer, target: target) }
                throw failure(report, target: target)
            }
        }
        guard !channels.isEmpty else { throw failure(report, target: target) }
        return Listener(channels: channels, endpoints: endpoints)
    }

    private static func listen(
        on endpoint: Endpoint,
        dialer: Dialer,
        _ loop: any EventLoop,
        configure: (ServerBootstrap) -> ServerBootstrap
    ) async throws -> any Channel {
        guard let bootstrap = ServerBootstrap(validatingGroup: dialer.configuration.group) else {
            throw Dialer.unsupported(dialer.configuration.group, for: "\(endpoint)")
        }
        var configured = configure(bootstrap)
        if endpoint.address.family == .ipv6 {
            // Each family has a socket of its own, so that both can be bound and each shows its own peers' addresses.
            configured = configured.serverChannelOption(
                ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only),
                value: 1
            )
        }
        let bound = configured.bind(to: try SocketAddressBytes(endpoint).nioAddress)
        let limit = dialer.setup.timeouts.handshake
        return try await PendingBind().channel(of: bound, atMost: limit, on: loop)
    }

    /// Whether the error says that this machine has no such family, rather than that the address is wrong or taken.
    private static func isMissingFamily(_ errorNumber: CInt?) -> Bool {
        errorNumber == EAFNOSUPPORT || errorNumber == EADDRNOTAVAIL
    }

    private static func failure(
        _ gap: PendingBind.Gap,
        _ report: DialReport,
        _ dialer: Dialer,
        target: String
    ) -> DialError {
        let (code, message): (DialError.Code, String) =
            switch gap {
            case .timedOut:
                (
                    .initializerFailed,
                    "the server channel's initializer did not end within "
                        + dialer.setup.timeouts.handshake.readable
                )
            case .cancelled: (.cancelled, "cancelled while binding")
            case .loopShutdown: (.eventLoopShutdown, "its event loops were shut down while binding")
            }
        return DialError(code, message, target: target, report: report)
    }

    private static func failure(_ report: DialReport, target: String) -> DialError {
        let message = DialVerdict.sentence("cannot listen", report: report)
        let isShort = report.attempts.last?.errorNumber.map(AttemptFailure.isShortage) ?? false
        return DialError(isShort ? .outOfDescriptors : .allAttemptsFailed, message, target: target, report: report)
    }
}
