// SPDX-License-Identifier: Apache-2.0

import Dispatch
package import NIOCore
package import NIOPosix

/// Stock SwiftNIO as most programs use it: one loop, `connect(host:port:)`, a connect timeout.
package struct StockBootstrap: Sendable {
    /// What NIO programs usually set.
    package static let connectTimeout = TimeAmount.seconds(5)

    package let group: MultiThreadedEventLoopGroup
    /// The names that NIO cannot be told of otherwise, where the process has no network of its own.
    private let names: SlowNames?
    private let queue = DispatchQueue(label: "names, one at a time")

    package init(slow names: SlowNames? = nil) {
        self.names = names
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    }

    func connect(
        to host: String,
        port: Int,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void> = {
            $0.eventLoop.makeSucceededVoidFuture()
        }
    ) -> EventLoopFuture<any Channel> {
        let loop = group.next()
        var bootstrap = ClientBootstrap(group: loop).connectTimeout(Self.connectTimeout)
            .channelInitializer(initializer)
        if let names { bootstrap = bootstrap.resolver(SerialResolver(names: names, queue: queue, loop: loop)) }
        return bootstrap.connect(host: host, port: port)
    }
}
