// SPDX-License-Identifier: Apache-2.0

// The dials with NIO's own bootstrap: 20 slow lookups come first, and 127.0.0.1 misses its connect timeout.

import Dispatch
import Foundation
import NIOCore
import NIOPosix

/// Imitates NIO's own resolver: one serial queue for each event loop, and addresses wait in it like names.
final class SerialResolver: Resolver, Sendable {
    private let queue: DispatchQueue
    private let loop: any EventLoop
    private let ipv4: EventLoopPromise<[SocketAddress]>
    private let ipv6: EventLoopPromise<[SocketAddress]>

    init(queue: DispatchQueue, loop: any EventLoop) {
        self.queue = queue
        self.loop = loop
        ipv4 = loop.makePromise()
        ipv6 = loop.makePromise()
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        queue.async { [loop, ipv4, ipv6] in
            // As long as a call of getaddrinfo takes whose DNS server is slow.
            if host.hasSuffix(".slow.test") { Thread.sleep(forTimeInterval: 0.2) }
            let addresses = Result { try [SocketAddress(ipAddress: "127.0.0.1", port: port)] }
            loop.execute {
                ipv6.succeed([])
                ipv4.completeWith(addresses)
            }
        }
        return ipv6.futureResult
    }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { ipv4.futureResult }

    func cancelQueries() {}  // NIO's own resolver does nothing here either.
}

/// How many milliseconds have passed.
func milliseconds(since start: ContinuousClock.Instant) -> Int {
    Int(start.duration(to: .now) / .milliseconds(1))
}

/// Connects to 20 slow names, and then to an address of this machine.
func stock() async throws {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .bind(host: "127.0.0.1", port: 0).get()
    let port = server.localAddress?.port ?? 0

    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let queue = DispatchQueue(label: "lookups, one at a time")
    func connect(to host: String) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: loop)
            .connectTimeout(.seconds(1))
            .resolver(SerialResolver(queue: queue, loop: loop))
            .connect(host: host, port: port)
    }

    let feeds = (1...20).map { connect(to: "feed\($0).slow.test") }
    let start = ContinuousClock.now
    var verdict = "connected"
    do {
        let database = try await connect(to: "127.0.0.1").get()
        try await database.close()
    } catch ChannelError.connectTimeout(let timeout) {
        verdict = "failed with connect timeout (\(timeout.nanoseconds / 1_000_000_000) s)"
    }
    let took = milliseconds(since: start)

    var connected = 0
    for feed in feeds {
        guard let channel = try? await feed.get() else { continue }
        connected += 1
        try? await channel.close()
    }
    try await server.close()
    print("stock: 127.0.0.1 \(verdict) after \(took) ms; \(connected) of \(feeds.count) feeds connected")
}

try await stock()
