// SPDX-License-Identifier: Apache-2.0

public import FairDial
public import GRPCCore
public import GRPCNIOTransportHTTP2Posix
import NIOConcurrencyHelpers
public import NIOCore
public import NIOPosix

/// gRPC's own transport with its names looked up by a dialer, and a shutdown that waits for no lookup.
///
/// It is `HTTP2ClientTransport.Posix` with the registry `fair()`, and mends two things: grpc-swift-nio-transport 2.9
/// does not end a channel that is shut down before its name's first answer, because it waits for events that cannot
/// come any more; and one whose server does not answer ends with NIO's connect timeout, for what waits for a connection
/// cannot be cancelled. Here the task that it waits in is cancelled when no call is under way, and connections that are
/// being made are closed.
public final class FairChannel: ClientTransport {
    /// gRPC's own.
    public typealias Bytes = GRPCNIOTransportBytes

    private struct State: Sendable {
        /// How many calls have begun and not ended.
        var calls = 0
        var isClosing = false
        var connection: Task<Void, any Error>?
        /// Those that have not closed: being made, or made.
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// Whether nobody needs connections any more: no further ones are made.
        var isOver = false

        mutating func end() -> Remains {
            isOver = true
            return Remains(connection: connection, channels: Array(channels.values))
        }

        /// What is to be ended now: nobody needs the connections any more.
        mutating func endIfNeedless() -> Remains? { isClosing && calls == 0 ? end() : nil }
    }

    /// What goes on when a channel is over.
    private struct Remains {
        let connection: Task<Void, any Error>?
        let channels: [any Channel]

        func end() {
            connection?.cancel()
            // Those that are there are closed by the task.
            for channel in channels where !channel.isActive { channel.close(promise: nil) }
        }
    }

    private let base: HTTP2ClientTransport.Posix
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - target: what to connect to; a name is looked up by the dialer.
    ///   - transportSecurity: gRPC's.
    ///   - config: gRPC's.
    ///   - dialer: whose resolver, timeouts and policy to use.
    ///   - spreads: where calls are to be spread over all addresses: the whole service config, as `FairNames` has it.
    ///   - serviceConfig: gRPC's, where calls are not spread.
    ///   - eventLoopGroup: gRPC's.
    /// - Throws: gRPC's error for a target that no resolver can read, and one with the code `invalidArgument` for event
    ///   loops that are not NIO's own.
    public init(
        target: any ResolvableTarget,
        transportSecurity: HTTP2ClientTransport.Posix.TransportSecurity,
        config: HTTP2ClientTransport.Posix.Config = .defaults,
        dialer: Dialer = .shared,
        spreadingWith spreads: ServiceConfig? = nil,
        serviceConfig: ServiceConfig = ServiceConfig(),
        eventLoopGroup: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup
    ) throws {
        guard ClientBootstrap(validatingGroup: eventLoopGroup) != nil else {
            // gRPC would end the process with the first connection.
            let kind = String(describing: type(of: eventLoopGroup))
            let message = "\(kind) is not a MultiThreadedEventLoopGroup or one of its loops"
            throw RPCError(DialError(.unsupportedEventLoop, message, target: "\(target)"))
        }
        var watched = config
        let onCreate = config.channelDebuggingCallbacks.onCreateTCPConnection
        watched.channelDebuggingCallbacks.onCreateTCPConnection = { [state] channel in
            guard Self.keep(channel, in: state) else {
                return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
            }
            return onCreate?(channel) ?? channel.eventLoop.makeSucceededVoidFuture()
        }
        base = try HTTP2ClientTransport.Posix(
            target: target,
            transportSecurity: transportSecurity,
            config: watched,
            resolverRegistry: .fair(dialer: dialer, spreadingWith: spreads),
            serviceConfig: serviceConfig,
            eventLoopGroup: eventLoopGroup
        )
    }

    /// Keeps a connection that is being made until it closes.
    ///
    /// - Returns: whether it may be made.
    private static func keep(_ channel: any Channel, in state: NIOLockedValueBox<State>) -> Bool {
        let mayBeMade = state.withLockedValue { state in
            if !state.isOver { state.channels[ObjectIdentifier(channel)] = channel }
            return !state.isOver
        }
        let id = ObjectIdentifier(channel)
        channel.closeFuture.whenComplete { _ in state.withLockedValue { $0.channels[id] = nil } }
        return mayBeMade
    }

    /// What gRPC counts retries with.
    public var retryThrottle: RetryThrottle? { base.retryThrottle }

    /// A method's configuration.
    public func config(forMethod descriptor: MethodDescriptor) -> MethodConfig? { base.config(forMethod: descriptor) }

    /// Connects, and connects again, until it is shut down and every call has ended, or its task is cancelled.
    public func connect() async throws {
        let connection = Task { [base] in try await base.connect() }
        let remains = state.withLockedValue { state in
            state.connection = connection
            return state.endIfNeedless()
        }
        remains?.end()
        try await withTaskCancellationHandler {
            try await connection.value
        } onCancel: {
            state.withLockedValue { $0.end() }.end()
        }
    }

    /// No new calls; calls under way may end.
    public func beginGracefulShutdown() {
        base.beginGracefulShutdown()
        let remains = state.withLockedValue { state in
            state.isClosing = true
            return state.endIfNeedless()
        }
        remains?.end()
    }

    /// Opens a stream on one of gRPC's connections.
    public func withStream<T: Sendable>(
        descriptor: MethodDescriptor,
        options: CallOptions,
        _ closure: (_ stream: RPCStream<Inbound, Outbound>, _ context: ClientContext) async throws -> T
    ) async throws -> T {
        state.withLockedValue { $0.calls += 1 }
        defer {
            let remains = state.withLockedValue { state in
                state.calls -= 1
                return state.endIfNeedless()
            }
            remains?.end()
        }
        return try await base.withStream(descriptor: descriptor, options: options, closure)
    }
}
