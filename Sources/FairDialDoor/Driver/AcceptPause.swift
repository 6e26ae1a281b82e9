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

/// Lets a listening socket rest where those who are inside need the descriptors that there are, and where the process
/// or the machine is short of something: a connection that cannot be accepted stays in the kernel's queue, and the
/// event loop would be told of it again and again without a pause.
@available(FairDial 0.1, *)
final class AcceptPause: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias OutboundIn = any Channel

    /// How long no client is accepted. Any code of the process may give a descriptor back at any time, so it is short;
    /// ten looks a second cost nothing.
    static let length = Duration.milliseconds(100)
    /// Clients that are accepted in one turn of the event loop: NIO's own default.
    private static let turn: UInt = 4

    private let room: () -> AcceptRoom
    private var isPausing = false
    private var isRemoved = false
    private var atOnce = AcceptPause.turn

    /// - Parameter room: asked before each turn, on the socket's loop.
    init(_ room: @escaping () -> AcceptRoom) {
        self.room = room
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        isRemoved = true
    }

    func read(context: ChannelHandlerContext) {
        // What asks while it rests is heard after it.
        if isPausing { return }
        if hasRoom(context.channel) { context.read() } else { pause(context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Others, a client that has gone again among them, are no reason to let the next one wait.
        guard let number = (error as? IOError)?.errnoCode, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(number),
            !isPausing
        else { return }
        pause(context)
    }

    private func hasRoom(_ channel: any Channel) -> Bool {
        let count: UInt
        switch room() {
        case .none: return false
        case .one: count = 1
        case .plenty: count = Self.turn
        }
        if count != atOnce {
            atOnce = count
            try? channel.syncOptions?.setOption(.maxMessagesPerRead, value: count)
        }
        return true
    }

    private func pause(_ context: ChannelHandlerContext) {
        isPausing = true
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        rest(context.channel)
    }

    private func rest(_ channel: any Channel) {
        channel.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(Self.length.boundedNanoseconds)) {
            // One that is closed needs no rest.
            if self.isRemoved { return }
            // By the option the channel reads at once, and asks no handler.
            guard self.hasRoom(channel) else { return self.rest(channel) }
            self.isPausing = false
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}
