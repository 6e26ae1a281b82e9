// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOSSL
import NIOTLS

/// Lets nothing out to a server until its certificate has shown the name that the server was given.
///
/// It stands behind the TLS handler, which has verified the certificate otherwise: by the name, or else by the address
/// alone. The library's public face cannot ask for the one without the other.
final class ServerNameHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The certificate is good, and for somebody else.
    struct WrongName: Error, CustomStringConvertible {
        let name: String

        var description: String { "the certificate is not for the name \(name)" }
    }

    private enum Stage {
        /// What is written waits.
        case handshaking
        case verified
        case refused(any Error)
    }

    private let name: String
    private var stage = Stage.handshaking
    private var waiting: [(message: ByteBuffer, promise: EventLoopPromise<Void>?)] = []

    init(_ name: String) {
        self.name = name
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { judge(context) }
        context.fireUserInboundEventTriggered(event)
    }

    private func judge(_ context: ChannelHandlerContext) {
        guard case .handshaking = stage else { return }
        // A certificate that cannot be had or read is for nobody.
        let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
        let names = (try? certificate?.toDERBytes()).flatMap { CertificateNames(ofCertificate: $0) }
        guard names?.mayBe(name) == true else {
            refuse(WrongName(name: name))
            context.fireErrorCaught(WrongName(name: name))
            context.close(promise: nil)
            return
        }
        stage = .verified
        for (message, promise) in waiting { context.write(wrapOutboundOut(message), promise: promise) }
        waiting = []
        context.flush()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch stage {
        case .handshaking: waiting.append((unwrapOutboundIn(data), promise))
        case .verified: context.write(data, promise: promise)
        case .refused(let error): promise?.fail(error)
        }
    }

    func flush(context: ChannelHandlerContext) {
        if case .verified = stage { context.flush() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // The handshake has ended before anything is read.
        if case .verified = stage { context.fireChannelRead(data) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        refuse(ChannelError.ioOnClosedChannel)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        refuse(ChannelError.ioOnClosedChannel)
    }

    private func refuse(_ error: any Error) {
        guard case .handshaking = stage else { return }
        stage = .refused(error)
        for (_, promise) in waiting { promise?.fail(error) }
        waiting = []
    }
}
