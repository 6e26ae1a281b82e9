// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP2

/// Sees what a server says of its connection before gRPC does: that it speaks HTTP/2 at all (its first SETTINGS), and
/// that it takes no new calls (GOAWAY). gRPC's wrapped channel tells nobody of either.
///
/// It stands right behind HTTP/2's own handler, and all of it happens on the channel's loop.
final class ConnectionWatch: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias InboundOut = HTTP2Frame

    private let settings: EventLoopPromise<Void>
    private let goesAway: @Sendable () -> Void
    private var context: ChannelHandlerContext?
    private var isReady = false
    /// Whether no new streams may be opened.
    private(set) var isGoingAway = false

    /// - Parameter goesAway: called when the server takes no new calls any more.
    init(on loop: any EventLoop, _ goesAway: @escaping @Sendable () -> Void) {
        settings = loop.makePromise()
        self.goesAway = goesAway
    }

    /// Succeeds with the server's first SETTINGS; fails when the connection ends before.
    var ready: EventLoopFuture<Void> { settings.futureResult }

    /// Takes its place in a pipeline that gRPC has configured.
    ///
    /// - Throws: where there is no HTTP/2 in it, or the channel has closed; `ready` has failed with the same.
    func join(_ channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        do {
            try pipeline.addHandler(self, position: .after(pipeline.handler(type: NIOHTTP2Handler.self)))
        } catch {
            fail(error)
            throw error
        }
    }

    /// Lets the calls on the connection end, and then closes it: gRPC's own handler does so when a server asks for it.
    ///
    /// What the wrapped channel has for this drops the calls that wait in it before it is ready, for ever.
    func drain() {
        guard !isGoingAway, let context else { return }
        isGoingAway = true
        let payload = HTTP2Frame.FramePayload.goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil)
        context.fireChannelRead(wrapInboundOut(HTTP2Frame(streamID: .rootStream, payload: payload)))
        context.fireChannelReadComplete()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        fail(ChannelError.eof)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data).payload {
        case .settings(.settings):
            context.fireChannelRead(data)
            guard !isReady else { return }
            isReady = true
            settings.succeed()
        case .goAway:
            let isNews = !isGoingAway
            isGoingAway = true
            // gRPC first: it begins to close the connection by this.
            context.fireChannelRead(data)
            if isNews { goesAway() }
        default: context.fireChannelRead(data)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(ChannelError.eof)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A call that came too late. Its own stream is told (`StreamStart`); gRPC would close the whole connection, and
        // with it the calls that may still end.
        if isGoingAway, error is NIOHTTP2Errors.CreatedStreamAfterGoaway || error is NIOHTTP2Errors.NoSuchStream {
            return
        }
        fail(error)
        context.fireErrorCaught(error)
    }

    private func fail(_ error: any Error) {
        guard !isReady else { return }
        isReady = true
        settings.fail(error)
    }
}
