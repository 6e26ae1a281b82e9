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
/// gRPC's own back-off. A call that finds its connection gone before it was begun takes the next one.
public final class FairTransport: ClientTransport {
    /// gRPC's own.
    public typealias Bytes = GRPCNIOTransportBytes

    private typealias Wrapped = HTTP2ClientTransport.WrappedChannel

    private struct State: Sendable {
        var machine = TransportState<Wrapped>()
        /// Every connection that has not closed, the retired ones too.
        var live: [Int: Wrapped] = [:]
        /// The dial under way, or the wait before it.
        var work: Task<Void, Never>?
        /// Wakes `connect` when the connection takes no calls any more.
        var retirement: CheckedContinuation<Void, Never>?
        var nextID: UInt64 = 0
        var lastError: DialError?
    }

    /// How often one call takes another connection because the one it was given takes no calls any more.
    private static let callTries = 8

    private let target: Target
    private let dialer: Dialer
    private let options: DialOptions
    private let configuration: Wrapped.Config
    private let serviceConfig: ServiceConfig
    private let methods: [MethodConfig.Name: MethodConfig]
    private let backoff: DialBackoff
    private let prepare: @Sendable (any Channel) throws -> Void
    private let state = NIOLockedValueBox(State())

    /// What gRPC counts retries with.
    public let retryThrottle: RetryThrottle?

    /// - Parameters:
    ///   - target: whatever can be dialed: a host and a port, a path, endpoints, a service.
    ///   - dialer: who dials it.
    ///   - options: what may differ from dial to dial; with TLS, set `readiness` to `.tlsHandshake`.
    ///   - configuration: of HTTP/2 and the connection. Without an authority, it is the target's.
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
        let name = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        return target.port.map { "\(name):\($0)" } ?? name
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

// MARK: - Connecting

extension FairTransport {
    /// Dials, and dials again, until it is shut down and every call has ended, or its task is cancelled.
    public func connect() async throws {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled, !state.withLockedValue({ $0.machine.isClosed }) {
                await pause()
                guard let (wrapped, number) = await dial() else { continue }
                group.addTask {
                    // Its errors are its calls'.
                    try? await wrapped.connect()
                    self.closed(number)
                }
                await untilRetired(number)
            }
            // A task that was cancelled ends what the group waits for; one that was shut down lets calls end.
            beginGracefulShutdown()
        }
    }

    /// Waits as long as the failures so far demand, and does not where it is shut down.
    private func pause() async {
        let failures = state.withLockedValue { $0.machine.failuresInARow }
        let wait = backoff.wait(after: failures, random: .random(in: -1...1))
        if wait > .zero {
            // An end of the wait before its time is a shutdown.
            let task = Task<Void, Never> { try? await Task.sleep(for: wait) }
            hold(task)
            await withTaskCancellationHandler {
                await task.value
            } onCancel: {
                task.cancel()
            }
        }
        state.withLockedValue { $0.machine.dials() }
    }

    private func dial() async -> (Wrapped, number: Int)? {
        let made = NIOLockedValueBox<Result<Wrapped, any Error>?>(nil)
        let task = Task<Void, Never> {
            do {
                let wrapped = try await self.connection()
                made.withLockedValue { $0 = .success(wrapped) }
            } catch {
                made.withLockedValue { $0 = .failure(error) }
            }
        }
        hold(task)
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        switch made.withLockedValue({ $0 }) {
        case .success(let wrapped):
            let place = state.withLockedValue { state in
                let place = state.machine.connected(wrapped)
                if let place { state.live[place.number] = wrapped }
                return place
            }
            guard let place else {
                await discard(wrapped)
                return nil
            }
            for waiter in place.waiters { waiter.promise.resume(returning: (wrapped, place.number)) }
            return (wrapped, place.number)
        case .failure(let error): failed(error)
        case nil: break
        }
        return nil
    }

    private func connection() async throws -> Wrapped {
        let (dialer, target, options, prepare) = (dialer, target, options, prepare)
        return try await Wrapped.wrapping(config: configuration, serviceConfig: serviceConfig) { configure in
            let connection = try await dialer.connect(to: target, options: options) { channel in
                try prepare(channel)
                return configure(channel)
            }
            return connection.output
        }
    }

    private func failed(_ error: any Error) {
        let dialError = error as? DialError
        let rpcError =
            dialError.map { RPCError($0) }
            ?? RPCError(code: .unavailable, message: "\(target) cannot be reached", cause: error)
        let told = state.withLockedValue { state in
            // That the dial was called off is no news of the target.
            if let dialError, dialError.code != .cancelled { state.lastError = dialError }
            return state.machine.failed(rpcError)
        }
        for waiter in told { waiter.promise.resume(throwing: rpcError) }
    }

    /// Closes a connection that came when no caller wanted one any more. It takes no calls, so it ends at once.
    private func discard(_ wrapped: Wrapped) async {
        let task = Task { try? await wrapped.connect() }
        task.cancel()
        await task.value
    }

    private func closed(_ number: Int) {
        state.withLockedValue { _ = $0.live.removeValue(forKey: number) }
        retire(number)
    }

    /// Takes a connection away from new calls; those on it may end.
    private func retire(_ number: Int) {
        let (wrapped, retirement) = state.withLockedValue { state -> (Wrapped?, CheckedContinuation<Void, Never>?) in
            guard state.machine.retired(number) else { return (nil, nil) }
            defer { state.retirement = nil }
            return (state.live[number], state.retirement)
        }
        wrapped?.beginGracefulShutdown()
        retirement?.resume()
    }

    private func untilRetired(_ number: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLockedValue { state in
                    guard state.machine.isCurrent(number) else { return true }
                    state.retirement = continuation
                    return false
                }
                if isOver { continuation.resume() }
                // It may have been cancelled before there was anything to wake.
                if Task.isCancelled { beginGracefulShutdown() }
            }
        } onCancel: {
            beginGracefulShutdown()
        }
    }

    /// Makes a wait one that a shutdown ends.
    private func hold(_ task: Task<Void, Never>) {
        let isClosed = state.withLockedValue { state in
            state.work = task
            return state.machine.isClosed
        }
        if isClosed { task.cancel() }
    }

    /// No new calls: those that wait for a connection fail, a dial is cancelled, and calls under way may end.
    public func beginGracefulShutdown() {
        let (waiters, live, work, retirement) = state.withLockedValue { state in
            defer { state.retirement = nil }
            return (state.machine.close(), Array(state.live.values), state.work, state.retirement)
        }
        let error = RPCError(code: .unavailable, message: "the transport is closed")
        for waiter in waiters { waiter.promise.resume(throwing: error) }
        for wrapped in live { wrapped.beginGracefulShutdown() }
        work?.cancel()
        retirement?.resume()
    }
}

// MARK: - Calling

extension FairTransport {
    /// Opens a stream on the connection that there is, or is next.
    public func withStream<T: Sendable>(
        descriptor: MethodDescriptor,
        options: CallOptions,
        _ closure: (_ stream: RPCStream<Inbound, Outbound>, _ context: ClientContext) async throws -> T
    ) async throws -> T {
        let waitsForReady = options.waitForReady ?? config(forMethod: descriptor)?.waitForReady ?? false
        var last: Int?
        for _ in 0..<Self.callTries {
            let (wrapped, number) = try await wrapped(after: last, waitsForReady: waitsForReady)
            var hasBegun = false
            do {
                let result = try await wrapped.withStream(descriptor: descriptor, options: options) { stream, context in
                    hasBegun = true
                    return try await closure(stream, context)
                }
                state.withLockedValue { $0.machine.proved(number) }
                return result
            } catch let error as RPCError where !hasBegun && Self.meansGone(error) {
                // Nothing of the call has gone out: the next connection may have it.
                retire(number)
                last = number
            }
        }
        throw RPCError(code: .unavailable, message: "\(target): \(Self.callTries) connections in a row took no calls")
    }

    /// What a wrapped channel says of itself that has closed or is to.
    private static func meansGone(_ error: RPCError) -> Bool {
        error.code == .unavailable || error.code == .failedPrecondition
    }

    private func wrapped(after last: Int?, waitsForReady: Bool) async throws -> (Wrapped, Int) {
        let id = state.withLockedValue { state in
            state.nextID += 1
            return state.nextID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { promise in
                let place = state.withLockedValue { state in
                    let place = state.machine.place(after: last, waitsForReady: waitsForReady)
                    if case .wait = place {
                        state.machine.enqueue(.init(id: id, waitsForReady: waitsForReady, promise: promise))
                    }
                    return place
                }
                switch place {
                case .connection(let wrapped, let number): promise.resume(returning: (wrapped, number))
                case .fail(let error): promise.resume(throwing: error)
                // It may have been cancelled before it was there to be called off.
                case .wait: if Task.isCancelled { callOff(id) }
                }
            }
        } onCancel: {
            callOff(id)
        }
    }

    private func callOff(_ id: UInt64) {
        state.withLockedValue { $0.machine.dequeue(id) }?.promise.resume(throwing: CancellationError())
    }
}
