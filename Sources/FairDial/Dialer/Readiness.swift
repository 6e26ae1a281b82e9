// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// What "ready" means to a caller: until then the handshake's clock runs.
///
/// A channel initializer returns before TLS has completed, so a dial must be told what to wait for.
@available(FairDial 0.1, *)
@nonexhaustive
public enum Readiness: Sendable {
    /// NIOTLS's `handshakeCompleted` event, which NIOSSL sends, has gone through the pipeline.
    case tlsHandshake

    /// The future that the closure returns has succeeded. It is called once, on the loop, with the active channel; when
    /// the future fails, so does the dial (`handshakeFailed`), and the channel is closed.
    case when(@Sendable (any Channel) -> EventLoopFuture<Void>)
}
