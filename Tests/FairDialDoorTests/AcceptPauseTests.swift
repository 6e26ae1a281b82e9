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

    private var accepts: Bool {
        get throws { try channel.syncOptions?.getOption(.autoRead) ?? false }
    }

    @Test(arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM])
    func `a tenth of a second where something is short`(number: CInt) throws {
        fail(number)
        #expect(try !accepts)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(50))
        // One more on its way makes the rest no longer.
        fail(number)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(49))
        #expect(try !accepts)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(try accepts)
        fail(number)
        #expect(try !accepts)
    }

    @Test(arguments: [ECONNABORTED, EPERM, EINVAL])
    func `not where one client has failed`(number: CInt) throws {
        fail(number)
        #expect(try accepts)
    }
}
