// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

@testable import DNSResolution

@Suite struct `A stream that we end` {
    /// Says goodbye when it is closed, as TLS does, and closes when the peer has said it too.
    private final class WaitsForGoodbye: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "goodbye")), promise: nil)
        }
    }

    private let channel: EmbeddedChannel
    private let told = NIOLockedValueBox<[StreamEvent]>([])

    init() throws {
        let socketSide = SocketSide()
        let told = told
        let messages = StreamMessageHandler(
            { event in told.withLockedValue { $0.append(event) } },
            describe: { "\($0)" },
            socketSide: socketSide
        )
        channel = EmbeddedChannel(handlers: [socketSide, WaitsForGoodbye(), messages])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 853)).wait()
    }

    @Test func `is closed at once, with a goodbye that no answer is waited for`() throws {
        channel.close(promise: nil)
        #expect(!channel.isActive)
        #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "goodbye"))
    }

    @Test func `tells nothing more, also not what had come with the last message`() throws {
        let channel = EmbeddedChannel()
        let messages = StreamMessageHandler(
            { [told] event in
                told.withLockedValue { $0.append(event) }
                channel.pipeline.close(promise: nil)
            },
            describe: { "\($0)" },
            // It is in no pipeline and closes nothing, so that the channel stays open.
            socketSide: SocketSide()
        )
        try channel.pipeline.syncOperations.addHandlers([WaitsForGoodbye(), messages])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 853)).wait()
        try channel.writeInbound(ByteBuffer(bytes: [0, 1, 7, 0, 1, 8, 0, 1, 9]))
        try channel.writeInbound(ByteBuffer(bytes: [0, 1, 10]))
        #expect(channel.isActive)
        #expect(told.withLockedValue { $0 } == [.received([7])])
    }

    @Test func `is closed at once after an error too, with its reason`() {
        channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "read"))
        #expect(!channel.isActive)
        #expect(told.withLockedValue { $0 } == [.closed(ErrorText.of(104))])
    }
}

@Suite struct `A stream that we end while it is being connected` {
    /// A network that lets no connection through, and does not say so.
    private final class NeverConnects: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        private let began: @Sendable (any Channel) -> Void
        private var promise: EventLoopPromise<Void>?

        init(_ began: @escaping @Sendable (any Channel) -> Void) {
            self.began = began
        }

        func connect(context: ChannelHandlerContext, to address: SocketAddress, promise: EventLoopPromise<Void>?) {
            self.promise = promise
            began(context.channel)
        }

        func handlerRemoved(context: ChannelHandlerContext) {
            promise?.fail(ChannelError.ioOnClosedChannel)
        }
    }

    @Test(.timeLimit(.minutes(15))) func `is gone at once, and its descriptor with it`() async throws {
        let (begun, begin) = AsyncStream<any Channel>.makeStream()
        let transport = ChannelTransport(prepare: { channel, _ in
            try channel.pipeline.syncOperations.addHandler(NeverConnects { begin.yield($0) })
        })
        let stream = transport.open(NameServer(Endpoint(address: .v4(.loopback), port: 53))) { _ in }
        var opened = begun.makeAsyncIterator()
        let channel = try #require(await opened.next())
        let isClosed = NIOLockedValueBox(false)
        channel.closeFuture.whenComplete { _ in isClosed.withLockedValue { $0 = true } }
        stream.close()
        // What the close has put on the loop comes before what is put there after it.
        for _ in 0..<3 { try await channel.eventLoop.submit {}.get() }
        #expect(isClosed.withLockedValue { $0 })
    }
}
