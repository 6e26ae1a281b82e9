// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// What listens on loopback and is no gRPC server.
final class OddServer: Sendable {
    /// What it does with those who connect.
    enum Behaviour: Sendable {
        /// Takes them, and says nothing.
        case mute
        /// Hangs up.
        case hangsUp
        /// Sends an empty SETTINGS frame (RFC 9113 §6.5), and hangs up.
        case settingsThenHangsUp
        /// Says that it is going away together with its SETTINGS.
        case goesAway
    }

    private static let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
    private static let goAway: [UInt8] = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]

    let port: Int
    private let channel: any Channel
    private let accepted: NIOLockedValueBox<Int>
    private let open: NIOLockedValueBox<Int>

    private init(_ channel: any Channel, _ accepted: NIOLockedValueBox<Int>, _ open: NIOLockedValueBox<Int>) {
        self.channel = channel
        self.accepted = accepted
        self.open = open
        port = channel.localAddress?.port ?? 0
    }

    var acceptedCount: Int { accepted.withLockedValue { $0 } }
    var openCount: Int { open.withLockedValue { $0 } }

    static func start(_ behaviour: Behaviour) async throws -> OddServer {
        let (accepted, open) = (NIOLockedValueBox(0), NIOLockedValueBox(0))
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { child in
                accepted.withLockedValue { $0 += 1 }
                open.withLockedValue { $0 += 1 }
                child.closeFuture.whenComplete { _ in open.withLockedValue { $0 -= 1 } }
                return child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.addHandler(Greeting(behaviour))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return OddServer(channel, accepted, open)
    }

    func stop() async throws {
        try await channel.close()
    }

    private final class Greeting: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let behaviour: Behaviour

        init(_ behaviour: Behaviour) {
            self.behaviour = behaviour
        }

        func channelActive(context: ChannelHandlerContext) {
            switch behaviour {
            case .mute: break
            case .hangsUp: context.close(promise: nil)
            case .settingsThenHangsUp:
                context.writeAndFlush(NIOAny(ByteBuffer(bytes: settings)), promise: nil)
                context.close(promise: nil)
            case .goesAway: context.writeAndFlush(NIOAny(ByteBuffer(bytes: settings + goAway)), promise: nil)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
