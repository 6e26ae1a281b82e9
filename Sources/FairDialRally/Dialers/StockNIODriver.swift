// SPDX-License-Identifier: Apache-2.0

import Dispatch
import NIOCore
import NIOPosix

/// A foul side: NIO's own bootstrap on one loop, with its own resolver where names are really looked up.
struct StockNIODriver: RallyDialer {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let course: RallyCourse
    private let queue = DispatchQueue(label: "names, one at a time")

    init(course: RallyCourse) {
        self.course = course
    }

    func dial(_ host: String, port: Int, label: String) async -> RallyDial {
        await FoulReport.measure(host: host, port: port) {
            let bootstrap = ClientBootstrap(group: group)
                .connectTimeout(.nanoseconds(Int64(RallyCourse.connectTimeout / .nanoseconds(1))))
            guard course.seam else { return try await bootstrap.connect(host: host, port: port).get() }
            let resolver = SerialSlowResolver(
                names: SlowNames(delay: course.nameDelay),
                queue: queue,
                loop: group.next()
            )
            return try await bootstrap.resolver(resolver).connect(host: host, port: port).get()
        }
    }
}
