// SPDX-License-Identifier: Apache-2.0

public import DNSMessages
public import IPAddresses
import NIOConcurrencyHelpers
public import NIOCore
public import NIOPosix

/// A small DNS server on loopback, for tests: it answers over UDP as a closure says, late where it says so.
///
/// It reads what a stub resolver sends and no more; anything else is counted and dropped. What a server can do wrong is
/// `HostileDNSServer`'s to do.
@available(FairDial 0.1, *)
public final class DNSServer: Sendable {
    /// What a client asks.
    public struct Query: Hashable, Sendable {
        /// The name in lower case, without its final dot.
        public let name: String
        /// The type of record asked for.
        public let type: RecordType

        /// The family of the address asked for; `nil` for any other type of record.
        public var family: AddressFamily? {
            switch type {
            case .a: .ipv4
            case .aaaa: .ipv6
            default: nil
            }
        }

        /// A query from its parts, for a test of what `respond` says.
        public init(name: String, type: RecordType) {
            self.name = name
            self.type = type
        }
    }

    /// What the server says.
    public enum Reply: Hashable, Sendable {
        /// NOERROR with those addresses that are of the family asked for; none of them is "no data".
        case addresses([IPAddress])
        /// NOERROR with these records in the answer section, as they are: SRV, HTTPS, TXT, a CNAME and its target's.
        /// Over 1,232 bytes in all are more than a resolver may take in a datagram.
        case records([Record])
        /// NXDOMAIN.
        case nameNotFound
        /// SERVFAIL.
        case serverFailure
        /// Nothing, ever.
        case silence
    }

    /// What the server says, and how long it takes over it.
    public struct Response: Hashable, Sendable {
        /// What.
        public var reply: Reply
        /// How long after the query.
        public var delay: Duration

        /// A response from its parts.
        public init(_ reply: Reply, after delay: Duration = .zero) {
            self.reply = reply
            self.delay = delay
        }
    }

    struct Counts: Sendable {
        var queries: [Query: Int] = [:]
        var malformed = 0
    }

    /// The port that the server listens on.
    public let port: Int

    private let channel: any Channel
    private let counts: NIOLockedValueBox<Counts>

    private init(channel: any Channel, port: Int, counts: NIOLockedValueBox<Counts>) {
        self.channel = channel
        self.port = port
        self.counts = counts
    }

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - host: a numeric loopback address.
    ///   - port: 0 lets the system choose one.
    ///   - group: where it runs; NIO's singleton unless a test wants its own.
    ///   - respond: what to say to each query; called on the server's loop.
    /// - Throws: the system's error when the port cannot be had.
    public static func start(
        host: String = "127.0.0.1",
        port: Int = 0,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        respond: @escaping @Sendable (Query) -> Response
    ) async throws -> DNSServer {
        let counts = NIOLockedValueBox(Counts())
        let messagesAtOnce = 64
        let largestQuery = 2_048
        let channel = try await DatagramBootstrap(group: group)
            .channelOption(.datagramVectorReadMessageCount, value: messagesAtOnce)
            .channelOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(capacity: messagesAtOnce * largestQuery)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DNSServerHandler(counts: counts, respond: respond))
                }
            }
            .bind(host: host, port: port).get()
        try await enlargeBuffer(of: channel)
        return DNSServer(channel: channel, port: channel.localAddress?.port ?? port, counts: counts)
    }

    /// How often this question has been asked.
    public func count(of name: String, _ family: AddressFamily) -> Int {
        count(of: name, type: family == .ipv4 ? .a : .aaaa)
    }

    /// How often this question has been asked.
    public func count(of name: String, type: RecordType) -> Int {
        counts.withLockedValue { $0.queries[Query(name: name.lowercased(), type: type), default: 0] }
    }

    /// How many queries have come in all.
    public var queryCount: Int {
        counts.withLockedValue { $0.queries.values.reduce(0, +) }
    }

    /// How often each name has been asked for, whatever the type of record.
    public var queriesByName: [String: Int] {
        counts.withLockedValue { counts in
            Dictionary(counts.queries.map { ($0.key.name, $0.value) }, uniquingKeysWith: +)
        }
    }

    /// How many packets were no queries.
    public var malformedCount: Int {
        counts.withLockedValue { $0.malformed }
    }

    /// Stops the server and gives its port back. Answers that are still to come are not sent any more.
    public func stop() async {
        // A channel that is closed already is as closed as it can be.
        try? await channel.close()
    }

    /// Thousands of queries may come within a millisecond, so the receive buffer is made as large as the system lets
    /// us.
    private static func enlargeBuffer(of channel: any Channel) async throws {
        let wanted = 8 * 1024 * 1024
        #if os(Linux)
            // SO_RCVBUFFORCE goes beyond the system's limit, where we may; where not, the limit holds.
            let force = ChannelOptions.Types.SocketOption(level: .socket, name: NIOBSDSocket.Option(rawValue: 33))
            if (try? await channel.setOption(force, value: wanted).get()) != nil { return }
        #endif
        try await channel.setOption(.socketOption(.so_rcvbuf), value: wanted).get()
    }
}
