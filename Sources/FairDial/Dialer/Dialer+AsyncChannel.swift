// SPDX-License-Identifier: Apache-2.0

public import NIOCore

@available(FairDial 0.1, *)
extension Dialer {
    /// Dials a target, and hands over the winner's channel as a `NIOAsyncChannel`.
    ///
    /// ```swift
    /// let connection = try await dialer.connectAsyncChannel(
    ///     to: Target("db.example.org:27017"),
    ///     configuration: .init(inboundType: ByteBuffer.self, outboundType: ByteBuffer.self)
    /// )
    /// try await connection.output.executeThenClose { inbound, outbound in … }
    /// ```
    ///
    /// - Parameters:
    ///   - target: whatever can be dialed: a host and a port, a path, endpoints, an earlier answer, a service.
    ///   - configuration: what comes in and goes out, and how much of it is held.
    ///   - options: what may differ from dial to dial.
    ///   - initializer: adds handlers in front of the async channel's, such as a codec; runs exactly once, on the
    ///     winner's loop.
    /// - Returns: the async channel, and where the time went.
    /// - Throws: `DialError`, also when the task is cancelled.
    public func connectAsyncChannel<Inbound: Sendable, Outbound: Sendable>(
        to target: Target,
        configuration: NIOAsyncChannel<Inbound, Outbound>.Configuration = .init(),
        options: DialOptions = DialOptions(),
        initializer: @escaping @Sendable (any Channel) throws -> Void = { _ in }
    ) async throws(DialError) -> Connection<NIOAsyncChannel<Inbound, Outbound>> {
        try await connect(to: target, options: options) { channel in
            try initializer(channel)
            return try NIOAsyncChannel(wrappingChannelSynchronously: channel, configuration: configuration)
        }
    }
}
