// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOSSL
import NIOTLS

/// Stands behind the TLS handler, and notes the certificate that a failed handshake was about: the error says no more
/// than that it could not be verified.
///
/// It leaves when the handshake is done, or stays for a dial that waits for more: TLS 1.3 has this side done before the
/// server has seen its certificate, so the server's refusal comes later (RFC 8446 §4.4.2.4).
final class CertificateWitness: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let handler: NIOSSLClientHandler
    private let stays: Bool
    private let note: (CertificateDates?, any Error, _ isHandshakeDone: Bool) -> Void
    private var isHandshakeDone = false

    /// - Parameters:
    ///   - stays: whether it stays behind the handshake, until it is removed.
    ///   - note: called at each error, before the channel closes.
    init(
        _ handler: NIOSSLClientHandler,
        stays: Bool,
        note: @escaping (CertificateDates?, any Error, _ isHandshakeDone: Bool) -> Void
    ) {
        self.handler = handler
        self.stays = stays
        self.note = note
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        note(handler.peerCertificate.map { CertificateDates(of: $0) }, error, isHandshakeDone)
        context.fireErrorCaught(error)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        guard case .handshakeCompleted? = event as? TLSUserEvent else { return }
        isHandshakeDone = true
        if !stays { context.pipeline.syncOperations.removeHandler(context: context, promise: nil) }
    }
}
