// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Keeps what a peer sends before any handler of the caller's listens, and reads no more than that, until the channel
/// is asked to read.
///
/// The last handler of the pipeline, after the initializer's: what is added later gets everything, in order. Then it
/// leaves. A channel that is being closed reads by itself, for a handler may end only when the peer has answered, as
/// TLS does, which would wait for its own timeout otherwise.
@available(FairDial 0.1, *)
final class ReadHold: ChannelInboundHandler, ChannelOutboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny
    typealias OutboundIn = NIOAny

    private enum Held {
        case read(NIOAny)
        case readComplete
        case inputClosed
    }

    /// As much as came with the bytes of a handshake, or before the peer's end: one socket's buffer at most.
    private var held: [Held] = []
    /// How long until it is looked again whether the channel reads by itself: twice as long each time, for a caller may
    /// keep a channel on which it never reads.
    private var interval = TimeAmount.milliseconds(5)
    private static let longestInterval = TimeAmount.milliseconds(640)
    private var isReleased = false
    /// Whether a handshake is waited for, whose bytes this handler has to ask for.
    private let readsForHandshake: Bool
    /// Whether the channel, by its own options, stays open when the peer has closed its side.
    private var allowsHalfClosure = true

    init(readsForHandshake: Bool) {
        self.readsForHandshake = readsForHandshake
    }

    /// Stops a channel from reading by itself, on its loop, before it is active.
    func begin(on channel: any Channel) throws {
        try channel.syncOptions?.setOption(.autoRead, value: false)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // Else the peer's end would close the channel, with what is held. The caller has said by now what it is to do
        // afterwards. A datagram channel knows of no such end.
        guard let options = context.channel.syncOptions,
            let allowed = try? options.getOption(.allowRemoteHalfClosure), !allowed,
            (try? options.setOption(.allowRemoteHalfClosure, value: true)) != nil
        else { return }
        allowsHalfClosure = false
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        if readsForHandshake { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isReleased else { return context.fireChannelRead(data) }
        if held.isEmpty { lookForAutoRead(context) }
        held.append(.read(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isReleased || held.isEmpty { context.fireChannelReadComplete() } else { held.append(.readComplete) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .inputClosed = event as? ChannelEvent, !isReleased else {
            return context.fireUserInboundEventTriggered(event)
        }
        // Where the peer's end is the channel's, nobody has to listen for it.
        if held.isEmpty, !allowsHalfClosure { return endInput(context) }
        if held.isEmpty { lookForAutoRead(context) }
        held.append(.inputClosed)
    }

    func read(context: ChannelHandlerContext) {
        release(context)
        context.read()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        // First, for a handler that is told what was held may ask to read, and then this one has left the pipeline.
        context.close(mode: mode, promise: promise)
        guard case .all = mode else { return }
        // What comes now is kept no longer: it could be any amount.
        release(context)
        try? context.channel.syncOptions?.setOption(.autoRead, value: true)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Nothing is lost: what was read has been read.
        release(context)
        context.fireChannelInactive()
    }

    /// Where a channel is set to read by itself, NIO tells the socket alone, and no handler is told when nothing more
    /// is to come. So that is looked for, while something is held.
    private func lookForAutoRead(_ context: ChannelHandlerContext) {
        let delay = interval
        interval = min(delay * 2, Self.longestInterval)
        context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            guard !self.isReleased else { return }
            let readsByItself = (try? context.channel.syncOptions?.getOption(.autoRead)) ?? false
            if readsByItself { self.read(context: context) } else { self.lookForAutoRead(context) }
        }
    }

    private func release(_ context: ChannelHandlerContext) {
        guard !isReleased else { return }
        isReleased = true
        if !allowsHalfClosure { try? context.channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false) }
        let held = held
        self.held = []
        for event in held {
            switch event {
            case .read(let data): context.fireChannelRead(data)
            case .readComplete: context.fireChannelReadComplete()
            case .inputClosed: endInput(context)
            }
        }
    }

    /// The peer has closed its side, and everything before that has been read.
    private func endInput(_ context: ChannelHandlerContext) {
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        if !allowsHalfClosure { context.close(promise: nil) }
    }
}
