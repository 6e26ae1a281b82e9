// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import NIOTLS
import Testing

@testable import FairDial

/// The handler that watches a channel leaves its pipeline at the end, and takes nothing with it that was on its way.
@Suite struct `Readiness is watched, and every event passes on` {
    /// Stands behind the observer.
    private final class Witness: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        var seen: [String] = []

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) { seen.append("event") }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { seen.append("error") }
        func channelInactive(context: ChannelHandlerContext) { seen.append("inactive") }
    }

    private let channel = EmbeddedChannel()
    private let witness = Witness()
    private let observed: EventLoopPromise<Void>

    init() throws {
        observed = channel.eventLoop.makePromise()
        let observer = ReadinessObserver(observed, awaitsTLS: true)
        try channel.pipeline.syncOperations.addHandlers([observer, witness])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private var hasLeft: Bool {
        (try? channel.pipeline.syncOperations.handler(type: ReadinessObserver.self)) == nil
    }

    @Test func `a close while it is waited for closes the channel`() throws {
        channel.close(promise: nil)
        #expect(!channel.isActive)
        #expect(throws: ReadinessObserver.ClosedHere.self) { try observed.futureResult.wait() }
        #expect(witness.seen == ["inactive"])
        #expect(hasLeft)
    }

    @Test func `the handshake's end is seen by the handlers behind it too`() throws {
        channel.pipeline.fireUserInboundEventTriggered(TLSUserEvent.handshakeCompleted(negotiatedProtocol: nil))
        try observed.futureResult.wait()
        #expect(witness.seen == ["event"])
        #expect(hasLeft)
    }

    @Test func `so is an error`() {
        channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "read"))
        #expect(throws: IOError.self) { try observed.futureResult.wait() }
        #expect(witness.seen == ["error"])
        #expect(hasLeft)
    }

    @Test(arguments: [false, true])
    func `where something else is waited for, the first error is why the channel ended`(isClosedHere: Bool) throws {
        let channel = EmbeddedChannel()
        let observed = channel.eventLoop.makePromise(of: Void.self)
        try channel.pipeline.syncOperations.addHandler(ReadinessObserver(observed, awaitsTLS: false))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "read"))
        channel.pipeline.fireErrorCaught(ChannelError.alreadyClosed)
        if isClosedHere { channel.close(promise: nil) } else { channel.pipeline.fireChannelInactive() }
        let error = #expect(throws: (any Error).self) { try observed.futureResult.wait() }
        let cause = isClosedHere ? (error as? ReadinessObserver.ClosedHere)?.cause : error
        #expect((cause as? IOError)?.errnoCode == 104)
    }

    @Test func `so is the channel's end`() {
        channel.pipeline.fireChannelInactive()
        #expect(throws: ChannelError.eof) { try observed.futureResult.wait() }
        #expect(witness.seen == ["inactive"])
        #expect(hasLeft)
    }
}
