// SPDX-License-Identifier: Apache-2.0

public import DNSMessages
import NIOConcurrencyHelpers
public import NIOCore
public import NIOPosix

/// A DNS server on loopback that says whatever bytes a test wants, over UDP and TCP, on one port.
///
/// What a server can do wrong is in the closure; this one only carries it out.
@available(FairDial 0.1, *)
public final class HostileDNSServer: Sendable {
    /// A query that has come.
    public struct Query: Sendable {
        /// What was asked; `nil` where even that could not be read.
        public let message: Message?
        /// Whether it came over a stream.
        public let isStream: Bool
        /// How many have come before it.
        public let number: Int
    }

    /// One thing that the server does about a query.
    public struct Act: Sendable {
        enum Kind: Sendable {
            case send([UInt8])
            case sendFromElsewhere([UInt8])
            case close
        }

        let kind: Kind
        let delay: Duration

        /// Sends bytes as they are: a datagram, or a piece of a stream without a length before it.
        public static func send(_ bytes: [UInt8], after delay: Duration = .zero) -> Act {
            Act(kind: .send(bytes), delay: delay)
        }

        /// Sends a message, with its length before it where that is wanted.
        public static func send(_ message: Message, over query: Query, after delay: Duration = .zero) -> Act {
            guard let bytes = try? message.bytes() else { preconditionFailure("a message that cannot be written") }
            return send(
                query.isStream ? [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes : bytes,
                after: delay
            )
        }

        /// Sends a datagram from another port than the one it was asked at.
        public static func sendFromElsewhere(_ message: Message) -> Act {
            Act(kind: .sendFromElsewhere((try? message.bytes()) ?? []), delay: .zero)
        }

        /// Ends the stream.
        public static func close(after delay: Duration = .zero) -> Act { Act(kind: .close, delay: delay) }
    }

    /// What a server does.
    public typealias Behaviour = @Sendable (Query) -> [Act]

    /// The port, of UDP and TCP.
    public let port: Int

    private let datagrams: any Channel
    private let elsewhere: any Channel
    private let listener: any Channel
    private let count: NIOLockedValueBox<Int>

    private init(
        port: Int,
        datagrams: any Channel,
        elsewhere: any Channel,
        listener: any Channel,
        count: NIOLockedValueBox<Int>
    ) {
        self.port = port
        self.datagrams = datagrams
        self.elsewhere = elsewhere
        self.listener = listener
        self.count = count
    }

    /// Starts a server on a free port.
    ///
    /// - Parameters:
    ///   - group: where it runs; NIO's singleton unless a test wants its own.
    ///   - behave: what to do about each query; called on a loop.
    /// - Throws: the system's error when no port is to be had.
    public static func start(
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        behave: @escaping Behaviour
    ) async throws -> HostileDNSServer {
        let host = "127.0.0.1"
        let conversation = HostileDNSConversation(behave: behave, count: NIOLockedValueBox(0))
        let elsewhere = try await DatagramBootstrap(group: group).bind(host: host, port: 0).get()
        let streams = ServerBootstrap(group: group).childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(HostileStreamHandler(conversation))
            }
        }
        let datagrams = DatagramBootstrap(group: group).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let handler = HostileDatagramHandler(conversation, elsewhere: elsewhere)
                try channel.pipeline.syncOperations.addHandler(handler)
            }
        }
        // A port that is free for TCP may be taken for UDP: then another one is tried.
        var tries = 0
        while true {
            tries += 1
            let listener = try await streams.bind(host: host, port: 0).get()
            let port = listener.localAddress?.port ?? 0
            do {
                return HostileDNSServer(
                    port: port,
                    datagrams: try await datagrams.bind(host: host, port: port).get(),
                    elsewhere: elsewhere,
                    listener: listener,
                    count: conversation.count
                )
            } catch {
                try await listener.close()
                guard tries < mostTries else {
                    try await elsewhere.close()
                    throw error
                }
            }
        }
    }

    private static let mostTries = 32

    /// How many queries have come.
    public var queryCount: Int { count.withLockedValue { $0 } }

    /// Stops the server and gives its port back.
    public func stop() async {
        // A channel that is closed already is as closed as it can be.
        for channel in [datagrams, elsewhere, listener] { try? await channel.close() }
    }
}
