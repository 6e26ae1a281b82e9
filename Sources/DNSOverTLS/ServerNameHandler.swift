// SPDX-License-Identifier: Apache-2.0

public import NIOCore
import NIOSSL
import NIOTLS

/// Holds back every write until the server's certificate has been checked for the name that was configured.
///
/// It follows the TLS handler, which has verified the certificate for the name, or else for the address alone. NIOSSL's
/// public API cannot ask for the name alone: it also takes a certificate that is for the address.
@available(FairDial 0.1, *)
public final class ServerNameHandler: ChannelDuplexHandler {
    /// Bytes, decrypted.
    public typealias InboundIn = ByteBuffer
    /// Bytes, to be encrypted.
    public typealias OutboundIn = ByteBuffer
    /// The same.
    public typealias OutboundOut = ByteBuffer

    /// The certificate is valid, and for another name.
    public struct WrongName: Error, CustomStringConvertible {
        /// The name that it should be for.
        public let name: String

        /// One line.
        public var description: String { "the certificate is not for the name \(name)" }
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

    /// - Parameter name: as the caller asked for it; no address.
    public init(_ name: String) {
        self.name = name
    }

    /// The handshake's end: the certificate is judged. Where it is wrong, later handlers do not hear of the handshake.
    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            judge(context)
            if case .refused = stage { return }
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func judge(_ context: ChannelHandlerContext) {
        guard case .handshaking = stage else { return }
        // A certificate that is missing or cannot be read is for no name.
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

    /// Held back until the certificate has been judged.
    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch stage {
        case .handshaking: waiting.append((unwrapOutboundIn(data), promise))
        case .verified: context.write(data, promise: promise)
        case .refused(let error): promise?.fail(error)
        }
    }

    /// Held back until the certificate has been judged.
    public func flush(context: ChannelHandlerContext) {
        if case .verified = stage { context.flush() }
    }

    /// Let through once the certificate has been judged.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // The handshake has ended before anything is read.
        if case .verified = stage { context.fireChannelRead(data) }
    }

    /// What waits fails.
    public func channelInactive(context: ChannelHandlerContext) {
        refuse(ChannelError.ioOnClosedChannel)
        context.fireChannelInactive()
    }

    /// What waits fails.
    public func handlerRemoved(context: ChannelHandlerContext) {
        refuse(ChannelError.ioOnClosedChannel)
    }

    private func refuse(_ error: any Error) {
        guard case .handshaking = stage else { return }
        stage = .refused(error)
        for (_, promise) in waiting { promise?.fail(error) }
        waiting = []
    }
}
