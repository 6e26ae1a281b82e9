// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Lets a listening socket rest where the process or the machine is short of something: a connection that cannot be
/// accepted stays in the kernel's queue, and the event loop would be told of it again and again without a pause.
@available(FairDial 0.1, *)
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    /// How long no client is accepted. Any code of the process may give a descriptor back at any time, so it is short;
    /// ten looks a second cost nothing.
    static let length = Duration.milliseconds(100)

    private var isPausing = false

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Others, a client that has gone again among them, are no reason to let the next one wait.
        guard let number = (error as? IOError)?.errnoCode, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(number),
            !isPausing
        else { return }
        isPausing = true
        let channel = context.channel
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(Self.length.boundedNanoseconds)) {
            self.isPausing = false
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}
