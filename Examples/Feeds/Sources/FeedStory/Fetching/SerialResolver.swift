// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import NIOCore
import NIOPosix

/// NIO's own resolver once more, one `getaddrinfo` after the other on a serial queue, but with the slow names' delay
/// before each: for a process that has no network of its own, and so cannot make the system's names slow.
final class SerialResolver: Resolver, Sendable {
    private let names: SlowNames
    private let queue: DispatchQueue
    private let ipv6: EventLoopPromise<[SocketAddress]>
    private let ipv4: EventLoopPromise<[SocketAddress]>

    init(names: SlowNames, queue: DispatchQueue, loop: any EventLoop) {
        self.names = names
        self.queue = queue
        ipv6 = loop.makePromise()
        ipv4 = loop.makePromise()
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        queue.async { [names, ipv6, ipv4] in
            let isSlow = host.hasSuffix(SlowNames.suffix)
            if isSlow { Thread.sleep(forTimeInterval: names.delay / .seconds(1)) }
            do {
                let address = try SocketAddress.makeAddressResolvingHost(isSlow ? "127.0.0.1" : host, port: port)
                ipv6.succeed(address.protocol == .inet6 ? [address] : [])
                ipv4.succeed(address.protocol == .inet ? [address] : [])
            } catch {
                ipv6.fail(error)
                ipv4.fail(error)
            }
        }
        return ipv6.futureResult
    }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { ipv4.futureResult }

    /// As in NIO: what stands in the queue keeps its place.
    func cancelQueries() {}
}
