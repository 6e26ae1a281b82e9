// SPDX-License-Identifier: Apache-2.0

import Dispatch
import NIOCore
import NIOPosix

/// What NIO's own resolver does, one `getaddrinfo` at a time on a serial queue, with the rally's delay before each
/// call; for machines where the rally may not have a name server of its own.
final class SerialSlowResolver: Resolver, Sendable {
    private let names: SlowNames
    private let queue: DispatchQueue
    private let ipv4: EventLoopPromise<[SocketAddress]>
    private let ipv6: EventLoopPromise<[SocketAddress]>

    init(names: SlowNames, queue: DispatchQueue, loop: any EventLoop) {
        self.names = names
        self.queue = queue
        ipv4 = loop.makePromise()
        ipv6 = loop.makePromise()
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        queue.async { [names, ipv4, ipv6] in
            let delay = names.delay(of: host)
            if let delay { PlainSleep.sleep(delay) }
            do {
                let address = try SocketAddress.makeAddressResolvingHost(delay == nil ? host : "127.0.0.1", port: port)
                ipv6.succeed(address.protocol == .inet6 ? [address] : [])
                ipv4.succeed(address.protocol == .inet ? [address] : [])
            } catch {
                ipv6.fail(error)
                ipv4.fail(error)
            }
        }
        return ipv6.futureResult
    }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        ipv4.futureResult
    }

    func cancelQueries() {
        // NIO's own does nothing here either: what is on the queue stays there.
    }
}
