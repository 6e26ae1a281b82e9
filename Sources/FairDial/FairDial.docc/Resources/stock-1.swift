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
