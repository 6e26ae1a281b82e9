// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Testing

@testable import FairDialDoor

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct `A listening socket rests` {
    /// What there is room for, and how often something was accepted.
    private final class Kernel: ChannelOutboundHandler {
        typealias OutboundIn = any Channel

        var room = AcceptRoom.plenty
        var reads = 0

        func read(context: ChannelHandlerContext) { reads += 1 }
    }

    private let kernel = Kernel()
    private let channel: EmbeddedChannel

    init() {
        channel = EmbeddedChannel(handlers: [kernel, AcceptPause { [kernel] in kernel.room }])
    }

    private var atOnce: UInt? {
        channel.options.last { $0.option is ChannelOptions.Types.MaxMessagesPerReadOption }?.value as? UInt
    }

    private func fail(_ number: CInt) {
        channel.pipeline.fireErrorCaught(IOError(errnoCode: number, reason: "accept"))
    }

    /// What was asked for last: an `EmbeddedChannel` keeps its options, and heeds none of them.
    private var accepts: Bool {
        channel.options.last { $0.option is ChannelOptions.Types.AutoReadOption }?.value as? Bool ?? true
    }

    @Test(arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM])
    func `a tenth of a second where something is short`(number: CInt) {
        fail(number)
        #expect(!accepts)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(50))
        // One more on its way makes the rest no longer.
        fail(number)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(49))
        #expect(!accepts)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(accepts)
        fail(number)
        #expect(!accepts)
    }

    @Test(arguments: [ECONNABORTED, EPERM, EINVAL])
    func `not where one client has failed`(number: CInt) {
        fail(number)
        #expect(accepts)
    }

    @Test func `before it accepts whom there is no descriptor to dial for`() {
        channel.read()
        #expect((kernel.reads, atOnce) == (1, nil))
        kernel.room = .one
        channel.read()
        #expect((kernel.reads, atOnce) == (2, 1))
        kernel.room = .none
        channel.read()
        #expect(!accepts)
        // There is none yet, and whoever asks meanwhile waits, too.
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(100))
        #expect(!accepts)
        kernel.room = .plenty
        channel.read()
        #expect(kernel.reads == 2)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(100))
        #expect((accepts, atOnce) == (true, 4))
        channel.read()
        #expect(kernel.reads == 3)
    }

    @Test func `as long as those inside need all that is free`() {
        // Whoever is alone may come in, and be told that there is none.
        #expect(AcceptRoom(free: 0, owed: 0) == .one)
        #expect(AcceptRoom(free: 2, owed: 1) == .none)
        #expect(AcceptRoom(free: 3, owed: 1) == .one)
        #expect(AcceptRoom(free: 11, owed: 10) == .none)
        #expect(AcceptRoom(free: 12, owed: 10) == .one)
    }
}
