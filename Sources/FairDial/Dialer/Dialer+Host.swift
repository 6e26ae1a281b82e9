// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// The same dials for a host and a port, and for an initializer that needs no future: each is one of the four others.
@available(FairDial 0.1, *)
extension Dialer {
    /// Dials a host and a port, and hands over the winner's channel.
    ///
    /// Keep the connection, or take its `channel`: the channel of a connection that is dropped without that is closed.
    ///
    /// - Parameters:
    ///   - host: numeric or a name, without brackets; zones and the C library's legacy forms included.
    ///   - port: 1 … 65535.
    ///   - transport: a stream, or UDP.
    ///   - options: what may differ from dial to dial.
    /// - Throws: `DialError`, also when the task is cancelled.
    public func connect(
        to host: String,
        port: Int,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions()
    ) async throws(DialError) -> Connection<any Channel> {
        try await connect(to: Target(host: host, port: port), over: transport, options: options)
    }

    /// Dials a host and a port, and hands over whatever the initializer makes of the winner's channel, in a future of
    /// its own.
    ///
    /// - Throws: `DialError`, also when the task is cancelled.
    public func connect<Output: Sendable>(
        to host: String,
        port: Int,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions(),
        initializer: @escaping @Sendable (any Channel) throws -> EventLoopFuture<Output>
    ) async throws(DialError) -> Connection<Output> {
        let target = try Target(host: host, port: port)
        return try await connect(to: target, over: transport, options: options, initializer: initializer)
    }

    /// Dials a host and a port, and hands over what the initializer makes of the winner's channel at once.
    ///
    /// Keep the connection, or take its `output`: the channel of a connection that is dropped without that is closed.
    ///
    /// - Throws: `DialError`, also when the task is cancelled.
    @_disfavoredOverload
    public func connect<Output: Sendable>(
        to host: String,
        port: Int,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions(),
        initializer: @escaping @Sendable (any Channel) throws -> Output
    ) async throws(DialError) -> Connection<Output> {
        let target = try Target(host: host, port: port)
        return try await connect(to: target, over: transport, options: options) { channel in
            channel.eventLoop.makeCompletedFuture { try initializer(channel) }
        }
    }

    /// Dials a target, and hands over what the initializer makes of the winner's channel at once.
    ///
    /// - Throws: `DialError`, also when the task is cancelled.
    @_disfavoredOverload
    public func connect<Output: Sendable>(
        to target: Target,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions(),
        initializer: @escaping @Sendable (any Channel) throws -> Output
    ) async throws(DialError) -> Connection<Output> {
        try await connect(to: target, over: transport, options: options) { channel in
            channel.eventLoop.makeCompletedFuture { try initializer(channel) }
        }
    }

    /// Dials a host and a port on a loop of the caller's.
    ///
    /// - Returns: the channel and where the time went; or a `DialError`.
    public func connect(
        to host: String,
        port: Int,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions(),
        on loop: any EventLoop
    ) -> EventLoopFuture<Connection<any Channel>> {
        do {
            return connect(to: try Target(host: host, port: port), over: transport, options: options, on: loop)
        } catch {
            return Self.failed(error, on: loop)
        }
    }

    /// Dials a host and a port on a loop of the caller's, and hands over whatever the initializer makes of the winner's
    /// channel.
    ///
    /// - Returns: what the initializer made, and where the time went; or a `DialError`.
    public func connect<Output: Sendable>(
        to host: String,
        port: Int,
        over transport: Transport = .stream,
        options: DialOptions = DialOptions(),
        on loop: any EventLoop,
        initializer: @escaping @Sendable (any Channel) throws -> EventLoopFuture<Output>
    ) -> EventLoopFuture<Connection<Output>> {
        do {
            let target = try Target(host: host, port: port)
            return connect(to: target, over: transport, options: options, on: loop, initializer: initializer)
        } catch {
            return Self.failed(error, on: loop)
        }
    }
}
