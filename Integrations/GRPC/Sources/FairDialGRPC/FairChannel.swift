// SPDX-License-Identifier: Apache-2.0

public import FairDial
public import GRPCCore
public import GRPCNIOTransportHTTP2Posix
import NIOConcurrencyHelpers
public import NIOCore
public import NIOPosix

/// gRPC's own transport with its names looked up by a dialer, and a shutdown that waits for no lookup.
///
/// It is `HTTP2ClientTransport.Posix` with the registry `fair()`, and mends one thing: grpc-swift-nio-transport 2.9
/// does not end a channel whose name has never had an answer, because it waits for events that cannot come any more.
/// Here the task that it waits in is cancelled: no call can be under way where nothing is connected to.
public final class FairChannel: ClientTransport {
    /// gRPC's own.
    public typealias Bytes = GRPCNIOTransportBytes

    private struct State: Sendable {
        /// Whether the name has had an answer, so that there may be calls under way.
        var isKnown = false
        var isClosing = false
        var connection: Task<Void, any Error>?
    }

    private let base: HTTP2ClientTransport.Posix
    private let state: NIOLockedValueBox<State>

    /// - Parameters:
    ///   - target: what to connect to; a name is looked up by the dialer.
    ///   - transportSecurity: gRPC's.
    ///   - config: gRPC's.
    ///   - dialer: whose resolver, timeouts and policy to use.
    ///   - spreads: where calls are to be spread over all addresses: the whole service config, as `FairNames` has it.
    ///   - serviceConfig: gRPC's, where calls are not spread.
    ///   - eventLoopGroup: gRPC's.
    /// - Throws: gRPC's error for a target that no resolver can read.
    public init(
        target: any ResolvableTarget,
        transportSecurity: HTTP2ClientTransport.Posix.TransportSecurity,
        config: HTTP2ClientTransport.Posix.Config = .defaults,
        dialer: Dialer = .shared,
        spreadingWith spreads: ServiceConfig? = nil,
        serviceConfig: ServiceConfig = ServiceConfig(),
        eventLoopGroup: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup
    ) throws {
        let state = NIOLockedValueBox(State())
        self.state = state
        var registry = NameResolverRegistry.fair(dialer: dialer)
        registry.registerFactory(
            FairNames(dialer: dialer, spreadingWith: spreads) {
                state.withLockedValue { $0.isKnown = true }
            } pause: {
                try await Task.sleep(for: $0)
            }
        )
        base = try HTTP2ClientTransport.Posix(
            target: target,
            transportSecurity: transportSecurity,
            config: config,
            resolverRegistry: registry,
            serviceConfig: serviceConfig,
            eventLoopGroup: eventLoopGroup
        )
        // Other targets than names need no lookup.
        if !(target is ResolvableTargets.DNS) { state.withLockedValue { $0.isKnown = true } }
    }

    /// What gRPC counts retries with.
    public var retryThrottle: RetryThrottle? { base.retryThrottle }

    /// A method's configuration.
    public func config(forMethod descriptor: MethodDescriptor) -> MethodConfig? { base.config(forMethod: descriptor) }

    /// Connects, and connects again, until it is shut down and every call has ended, or its task is cancelled.
    public func connect() async throws {
        let connection = Task { [base] in try await base.connect() }
        let isOver = state.withLockedValue { state in
            state.connection = connection
            return state.isClosing && !state.isKnown
        }
        if isOver { connection.cancel() }
        try await withTaskCancellationHandler {
            try await connection.value
        } onCancel: {
            connection.cancel()
        }
    }

    /// No new calls; calls under way may end.
    public func beginGracefulShutdown() {
        base.beginGracefulShutdown()
        let unanswered = state.withLockedValue { state in
            state.isClosing = true
            return state.isKnown ? nil : state.connection
        }
        unanswered?.cancel()
    }

    /// Opens a stream on one of gRPC's connections.
    public func withStream<T: Sendable>(
        descriptor: MethodDescriptor,
        options: CallOptions,
        _ closure: (_ stream: RPCStream<Inbound, Outbound>, _ context: ClientContext) async throws -> T
    ) async throws -> T {
        try await base.withStream(descriptor: descriptor, options: options, closure)
    }
}
