// SPDX-License-Identifier: Apache-2.0

public import FairDial
public import GRPCCore
public import GRPCNIOTransportHTTP2Posix
import NIOConcurrencyHelpers
public import NIOCore

/// A gRPC client's transport whose connections a dialer makes: each one raced, judged by the policy and told in a
/// report, on four clocks of which none pays for another.
///
/// ```swift
/// let transport = FairTransport(to: try Target("users.example.org:8080"))
/// try await withGRPCClient(transport: transport) { client in … }
/// ```
///
/// One connection at a time; where it closes, or its server wants it to, the next one is dialed, after failures with
/// gRPC's own back-off. Calls on a connection whose server wants it closed may end. A call that finds its connection
/// gone before it was begun takes the next one.
///
/// A connection is there when its server has sent its SETTINGS: until then the handshake's clock runs. What takes a
/// connection and says nothing fails like any other dial.
public final class FairTransport: ClientTransport {
    /// gRPC's own.
    public typealias Bytes = GRPCNIOTransportBytes

    typealias Wrapped = HTTP2ClientTransport.WrappedChannel

    /// A connection that has not closed.
    struct Live: Sendable {
        let channel: DialedChannel
        /// Runs it until it has closed; cancelled, it closes it.
        let run: Task<Void, Never>
    }

    struct State: Sendable {
        var machine = TransportState<DialedChannel>()
        /// Every connection that has not closed, the retired ones too.
        var live: [Int: Live] = [:]
        /// The dial under way, or the wait before it.
        var work: Task<Void, Never>?
        /// Wakes `connect` when the connection takes no calls any more.
        var retirement: CheckedContinuation<Void, Never>?
        var nextID: UInt64 = 0
        var lastError: DialError?
    }

    let target: Target
    let dialer: Dialer
    let options: DialOptions
    let configuration: Wrapped.Config
    let serviceConfig: ServiceConfig
    let backoff: DialBackoff
    let prepare: @Sendable (any Channel) throws -> Void
    let state = NIOLockedValueBox(State())
    private let methods: [MethodConfig.Name: MethodConfig]
    private let made = ContinuousClock.now

    /// What has passed since the transport was made.
    var now: Duration { made.duration(to: .now) }

    /// What gRPC counts retries with.
    public let retryThrottle: RetryThrottle?

    /// - Parameters:
    ///   - target: whatever can be dialed: a host and a port, a path, endpoints, a service.
    ///   - dialer: who dials it.
    ///   - options: what may differ from dial to dial. The transport sets `readiness` and `holdsReads` itself: what
    ///     `prepare` adds, TLS above all, has done its work when the server's SETTINGS have come through it.
    ///   - configuration: of HTTP/2 and the connection. Without an authority, it is the target's: its
    ///     host or name, and its port. Give one for a service, whose name is no server's; it is `localhost` for a path
    ///     and for endpoints without a name.
    ///   - serviceConfig: how methods are called and retried; its load balancing does not matter here.
    ///   - backoff: how long to wait after failures.
    ///   - prepare: adds what comes before gRPC in each channel's pipeline, such as TLS; on the channel's loop.
    public init(
        to target: Target,
        dialer: Dialer = .shared,
        options: DialOptions = DialOptions(),
        configuration: HTTP2ClientTransport.WrappedChannel.Config = .defaults,
        serviceConfig: ServiceConfig = ServiceConfig(),
        backoff: HTTP2ClientTransport.Config.Backoff = .defaults,
        prepare: @escaping @Sendable (any Channel) throws -> Void = { _ in }
    ) {
        self.target = target
        self.dialer = dialer
        self.options = options
        self.serviceConfig = serviceConfig
        self.backoff = DialBackoff(configuration: backoff)
        self.prepare = prepare
        var configuration = configuration
        if configuration.http2.authority == nil { configuration.http2.authority = Self.authority(of: target) }
        self.configuration = configuration
        var methods: [MethodConfig.Name: MethodConfig] = [:]
        for method in serviceConfig.methodConfig { for name in method.names { methods[name] = method } }
        self.methods = methods
        retryThrottle = serviceConfig.retryThrottling.map {
            RetryThrottle(maxTokens: $0.maxTokens, tokenRatio: $0.tokenRatio)
        }
    }

    private static func authority(of target: Target) -> String {
        guard let host = target.host else { return "localhost" }
        // A zone is this machine's own business (RFC 6874 §4).
        let name = host.prefix { $0 != "%" }
        let written = name.contains(":") && !name.hasPrefix("[") ? "[\(name)]" : String(name)
        return target.port.map { "\(written):\($0)" } ?? written
    }

    /// How the last failed dial ended: with its report. `nil` before there is one.
    public var lastError: DialError? { state.withLockedValue { $0.lastError } }

    /// The method's configuration, else its service's, else everybody's.
    public func config(forMethod descriptor: MethodDescriptor) -> MethodConfig? {
        let service = descriptor.service.fullyQualifiedService
        return methods[MethodConfig.Name(service: service, method: descriptor.method)]
            ?? methods[MethodConfig.Name(service: service)] ?? methods[MethodConfig.Name(service: "")]
    }
}
