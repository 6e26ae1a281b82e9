// SPDX-License-Identifier: Apache-2.0

import IPAddresses
public import NIOCore
import NIOPosix

/// A `ClientBootstrap` that dials fairly: lookup, timeouts, race, policy and report are the dialer's.
///
/// ```swift
/// let channel = try await FairBootstrap(group: group)          // was: ClientBootstrap(group: group)
///     .connectTimeout(.seconds(2))
///     .channelInitializer { channel in channel.pipeline.addHandler(MyHandler()) }
///     .connect(host: "db.example.org", port: 27017)
///     .get()
/// ```
///
/// Inside a `NIOClientTCPBootstrap` it works with any TLS provider for that:
/// `NIOClientTCPBootstrap(FairBootstrap(group: group), tls: NIOSSLClientTLSProvider(context: …, serverHostname: …))`.
///
/// | of `ClientBootstrap` | here |
/// |---|---|
/// | `init(group:)` | the same, on the caller's loop where it is the group's; not NIO's: `unsupportedEventLoop` |
/// | `init(validatingGroup:)` | not here: `init(group:)` takes any group, and a dial tells what it cannot use |
/// | `channelInitializer` | the same, but once, on the channel that has won, and within `timeouts.handshake` (10 s) |
/// | `protocolHandlers` | the same, in front of the initializer's; a second call adds more in front |
/// | `channelOption` | the same: of a socket before `connect`, any other before the initializer |
/// | `connectTimeout` | bounds the time in which attempts are in flight, not queue and lookup |
/// | `bind(to:)` | the same; an address of each family may be given |
/// | `enableMPTCP` | the same, where the kernel has it |
/// | `resolver` | not here: the dialer looks names up. `FairResolver` is for a `ClientBootstrap` |
/// | `connect` to host and port, address, path; also `async` | the same; a cancelled task's dial ends; no port 0 |
/// | `connect` to a `VsockAddress`, `withConnectedSocket` | not here: nothing is looked up or raced |
///
/// It is a value: a method gives a changed copy, so one may be kept as it is and used again.
@available(FairDial 0.1, *)
public struct FairBootstrap: NIOClientTCPBootstrapProtocol, Sendable {
    /// What a dial that fails ends with.
    @nonexhaustive
    public enum Errors: Hashable, Sendable {
        /// Always a `DialError`.
        case dialError
        /// What NIO's users match on, where there is such a thing: `ChannelError.connectTimeout` for every timeout,
        /// `IOError` for what the system said of the address that decided, the initializer's own error; else a
        /// `DialError`. `onFailure` is told the `DialError` in any case.
        case nio
    }

    /// What may differ from dial to dial. `connectTimeout`, `bind`, `enableMPTCP` and the `channelOption` of a socket
    /// set their part of it: assign it before them, or change single fields.
    public var options = DialOptions()

    /// What a dial that fails ends with. Default `DialError`.
    public var errors = Errors.dialError

    /// Told of every dial that fails, with its report; it must not block.
    public var onFailure: (@Sendable (DialError) -> Void)?

    private let group: any EventLoopGroup
    private let dialer: Dialer
    private var channelOptions = ChannelOptions.Storage()
    private var initializer: (@Sendable (any Channel) -> EventLoopFuture<Void>)?
    private var protocolHandlers: [@Sendable () -> [any ChannelHandler]] = []
    /// An address that attempts cannot be bound to: it is none of IPv4 or IPv6.
    private var unusableOrigin: SocketAddress?

    /// A bootstrap whose channels live on a group's loops.
    ///
    /// - Parameters:
    ///   - group: a `MultiThreadedEventLoopGroup` or one of its loops.
    ///   - dialer: whose resolver, timeouts, race and policy to use.
    public init(group: any EventLoopGroup, dialer: Dialer = .shared) {
        self.group = group
        self.dialer = dialer
    }
}

// MARK: - Setting up

@available(FairDial 0.1, *)
extension FairBootstrap {
    /// Sets what is done with the channel that has won, before anything is read: handlers are added here.
    public func channelInitializer(
        _ handler: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> FairBootstrap {
        var copy = self
        copy.initializer = handler
        return copy
    }

    /// Adds handlers in front of all others, after the initializer: TLS, mostly.
    public func protocolHandlers(_ handlers: @escaping @Sendable () -> [any ChannelHandler]) -> FairBootstrap {
        var copy = self
        copy.protocolHandlers.append(handlers)
        return copy
    }

    /// Sets an option: of a socket before it connects, so that each attempt has it; any other on the winner's channel.
    public func channelOption<Option: ChannelOption>(_ option: Option, value: Option.Value) -> FairBootstrap {
        // NIO's own bootstrap takes it as its connect timeout; on a channel that is connected it means nothing.
        if option is ChannelOptions.Types.ConnectTimeoutOption, let timeout = value as? TimeAmount? {
            return connectTimeout(timeout ?? .nanoseconds(.max))
        }
        var copy = self
        if let socket = option as? ChannelOptions.Types.SocketOption, let number = value as? SocketOptionValue {
            let (level, name) = (Int32(socket.optionLevel.rawValue), Int32(socket.optionName.rawValue))
            copy.options.socketOptions.removeAll { $0.level == level && $0.name == name }
            // As many bytes as NIO gives it: SO_LINGER has two numbers, and takes no less.
            let bytes = withUnsafeBytes(of: number) { Array($0) }
            copy.options.socketOptions.append(.bytes(level: level, name: name, value: bytes))
            // NIO sets TCP_NODELAY on each channel that it makes, so it is set on the channel too.
            guard socket == .tcpOption(.tcp_nodelay) else { return copy }
        }
        copy.channelOptions.append(key: option, value: value)
        return copy
    }

    /// Sets how long attempts may be in flight.
    public func connectTimeout(_ timeout: TimeAmount) -> FairBootstrap {
        var copy = self
        copy.options.timeouts.connect = .nanoseconds(timeout.nanoseconds)
        return copy
    }

    /// Binds attempts of the address's family to it. A dial with a path, which is of neither family, fails with
    /// `invalidOption`.
    public func bind(to address: SocketAddress) -> FairBootstrap {
        var copy = self
        guard let endpoint = Endpoint(address) else {
            copy.unusableOrigin = address
            return copy
        }
        copy.unusableOrigin = nil
        copy.options.localEndpoints.removeAll { $0.address.family == endpoint.address.family }
        copy.options.localEndpoints.append(endpoint)
        return copy
    }

    /// Whether to use Multipath TCP (RFC 8684) where the kernel has it.
    public func enableMPTCP(_ value: Bool) -> FairBootstrap {
        var copy = self
        copy.options.multipath = value
        return copy
    }
}

// MARK: - Connecting

@available(FairDial 0.1, *)
extension FairBootstrap {
    /// Dials a host and a port.
    public func connect(host: String, port: Int) -> EventLoopFuture<any Channel> {
        connect { () throws(DialError) in try Target(host: host, port: port) }
    }

    /// Dials an address, or a Unix domain socket.
    public func connect(to address: SocketAddress) -> EventLoopFuture<any Channel> {
        connect { () throws(DialError) in try Target(address) }
    }

    /// Dials a Unix domain socket.
    public func connect(unixDomainSocketPath: String) -> EventLoopFuture<any Channel> {
        connect { () throws(DialError) in try .path(unixDomainSocketPath) }
    }

    /// Dials a host and a port, and gives what an initializer makes of the channel; it runs after the bootstrap's own.
    ///
    /// - Throws: as `errors` says; also when the task is cancelled.
    public func connect<Output: Sendable>(
        host: String,
        port: Int,
        channelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
    ) async throws -> Output {
        try await connect(channelInitializer) { () throws(DialError) in try Target(host: host, port: port) }
    }

    /// The same for an address.
    ///
    /// - Throws: as `errors` says; also when the task is cancelled.
    public func connect<Output: Sendable>(
        to address: SocketAddress,
        channelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
    ) async throws -> Output {
        try await connect(channelInitializer) { () throws(DialError) in try Target(address) }
    }

    /// The same for a Unix domain socket.
    ///
    /// - Throws: as `errors` says; also when the task is cancelled.
    public func connect<Output: Sendable>(
        unixDomainSocketPath: String,
        channelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
    ) async throws -> Output {
        try await connect(channelInitializer) { () throws(DialError) in try .path(unixDomainSocketPath) }
    }

    private func connect(to target: () throws(DialError) -> Target) -> EventLoopFuture<any Channel> {
        dial(target, options) {
            $0.eventLoop.makeSucceededVoidFuture()
        } result: {
            $0.channel
        }
    }

    private func connect<Output: Sendable>(
        _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>,
        to target: () throws(DialError) -> Target
    ) async throws -> Output {
        var options = options
        // Its own: the caller's may be shared by many dials, and cancels this one too.
        let cancellation = DialCancellation()
        let shared = options.cancellation
        shared?.add(cancellation)
        defer { shared?.remove(cancellation) }
        options.cancellation = cancellation
        return try await withTaskCancellationHandler {
            // Not the future's own `get()`: it has the loop call back, and a loop that has had its last turn does not.
            try await withCheckedThrowingContinuation { continuation in
                _ = dial(target, options, initializer) {
                    $0.output
                } ended: {
                    continuation.resume(with: $0)
                }
            }
        } onCancel: {
            cancellation.cancel()
        }
    }

    /// One future from end to end: one made of another, off the loop, is lost where the loop is shut down between them.
    ///
    /// - Parameter ended: told once, on every path, what the future ends with.
    private func dial<Output: Sendable, Value: Sendable>(
        _ target: () throws(DialError) -> Target,
        _ options: DialOptions,
        _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>,
        result: @escaping @Sendable (Connection<Output>) -> Value,
        ended: (@Sendable (Result<Value, any Error>) -> Void)? = nil
    ) -> EventLoopFuture<Value> {
        let loop = group.any()
        let told: @Sendable (any Error) -> any Error = { [errors, onFailure] error in
            guard let error = error as? DialError else { return error }
            onFailure?(error)
            return errors.form(of: error)
        }
        do throws(DialError) {
            let target = try target()
            if let unusableOrigin {
                let message = "cannot bind to \(unusableOrigin): it is not an IPv4 or IPv6 address"
                let error = DialError(.invalidOption, message, target: "\(target)")
                dialer.observation(of: target)?.failed(error)
                throw error
            }
            return dialer.connect(to: target, options: options, on: loop) { [self] channel in
                initialize(channel).flatMap { initializer(channel) }
            } form: {
                let formed = $0.map(result).mapError(told)
                ended?(formed)
                return formed
            }
        } catch {
            let formed = told(error)
            ended?(.failure(formed))
            return Dialer.failed(formed, on: loop)
        }
    }

    /// As NIO's bootstraps do it: options, then the initializer, then the protocol's handlers in front of what it has
    /// added.
    private func initialize(_ channel: any Channel) -> EventLoopFuture<Void> {
        let initializer = initializer ?? { $0.eventLoop.makeSucceededVoidFuture() }
        return channelOptions.applyAllChannelOptions(to: channel).flatMap {
            initializer(channel).hop(to: channel.eventLoop)
        }.flatMapThrowing {
            for handlers in protocolHandlers {
                try channel.pipeline.syncOperations.addHandlers(handlers(), position: .first)
            }
        }
    }
}

@available(FairDial 0.1, *)
extension FairBootstrap.Errors {
    /// The form in which an error is told.
    func form(of error: DialError) -> any Error {
        guard self == .nio else { return error }
        switch error.code {
        case .queueTimeout, .lookupTimeout, .connectTimeout, .handshakeTimeout, .deadlineExceeded:
            return ChannelError.connectTimeout(TimeAmount(error.report.total.bounded))
        case .initializerFailed, .handshakeFailed: return error.channelError ?? error
        case .allAttemptsFailed:
            // The system's words for the number are put behind the reason by NIO.
            return error.errno.map { IOError(errnoCode: $0, reason: "connecting to \(error.target)") } ?? error
        default: return error
        }
    }
}
