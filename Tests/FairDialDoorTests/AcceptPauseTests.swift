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
    private let channel = EmbeddedChannel(handler: AcceptPause())

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
}
