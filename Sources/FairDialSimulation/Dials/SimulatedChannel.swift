// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// What a winner's socket becomes in a run: a channel that can be closed, and does nothing else.
final class SimulatedChannel: Channel, ChannelCore, @unchecked Sendable {
    let eventLoop: any EventLoop
    let allocator = ByteBufferAllocator()
    let closeFuture: EventLoopFuture<Void>
    private let closePromise: EventLoopPromise<Void>
    private let onClose: () -> Void
    private var madePipeline: ChannelPipeline?
    private(set) var isActive = true

    init(on loop: any EventLoop, onClose: @escaping () -> Void) {
        eventLoop = loop
        closePromise = loop.makePromise()
        closeFuture = closePromise.futureResult
        self.onClose = onClose
    }

    deinit {
        // A run that ends in the middle, because a rule was broken, must report that: a promise that leaks would trap.
        if isActive { closePromise.succeed() }
    }

    // swift-format-ignore: NoLeadingUnderscores
    var _channelCore: any ChannelCore { self }
    var localAddress: SocketAddress? { nil }

    /// Made when it is asked for, and dropped when the channel is closed: each refers to the other.
    var pipeline: ChannelPipeline {
        if let madePipeline { return madePipeline }
        let pipeline = ChannelPipeline(channel: self)
        madePipeline = pipeline
        return pipeline
    }

    var remoteAddress: SocketAddress? { nil }
    var parent: (any Channel)? { nil }
    var isWritable: Bool { isActive }

    func close(mode: CloseMode, promise: EventLoopPromise<Void>?) {
        close0(error: ChannelError.eof, mode: mode, promise: promise)
    }

    func close0(error: any Error, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard isActive else {
            promise?.fail(ChannelError.alreadyClosed)
            return
        }
        isActive = false
        onClose()
        promise?.succeed()
        closePromise.succeed()
        guard let pipeline = madePipeline else { return }
        // Its handlers are still handling this close.
        eventLoop.execute { self.removeHandlers(pipeline: pipeline) }
        madePipeline = nil
    }

    func setOption<Option: ChannelOption>(_ option: Option, value: Option.Value) -> EventLoopFuture<Void> {
        eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
    }

    func getOption<Option: ChannelOption>(_ option: Option) -> EventLoopFuture<Option.Value> {
        eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
    }

    func localAddress0() throws -> SocketAddress { throw ChannelError.operationUnsupported }
    func remoteAddress0() throws -> SocketAddress { throw ChannelError.operationUnsupported }
    func register0(promise: EventLoopPromise<Void>?) { promise?.fail(ChannelError.operationUnsupported) }
    func bind0(to: SocketAddress, promise: EventLoopPromise<Void>?) { promise?.fail(ChannelError.operationUnsupported) }
    func connect0(to: SocketAddress, promise: EventLoopPromise<Void>?) {
        promise?.fail(ChannelError.operationUnsupported)
    }
    func write0(_ data: NIOAny, promise: EventLoopPromise<Void>?) { promise?.fail(ChannelError.operationUnsupported) }
    func flush0() {}
    func read0() {}
    func triggerUserOutboundEvent0(_ event: Any, promise: EventLoopPromise<Void>?) {
        promise?.fail(ChannelError.operationUnsupported)
    }
    func channelRead0(_ data: NIOAny) {}
    func errorCaught0(error: any Error) {}
}
