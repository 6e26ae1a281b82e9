// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOSSL
import NIOTLS

/// Stands behind the TLS handler, and notes the certificate that a failed handshake was about: the error says no more
/// than that it could not be verified. It leaves when the handshake is done.
final class CertificateWitness: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let handler: NIOSSLClientHandler
    private let note: (CertificateDates?, any Error) -> Void

    /// - Parameter note: called at the handshake's error, before the channel closes.
    init(_ handler: NIOSSLClientHandler, note: @escaping (CertificateDates?, any Error) -> Void) {
        self.handler = handler
        self.note = note
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        note(handler.peerCertificate.map { CertificateDates(of: $0) }, error)
        context.fireErrorCaught(error)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        if case .handshakeCompleted? = event as? TLSUserEvent {
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }
    }
}
