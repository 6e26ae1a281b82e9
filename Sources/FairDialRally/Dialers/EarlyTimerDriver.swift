// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// A foul side: four threads look names up, and one timer runs over lookup and connect alike. So work Node, whose pool
/// has four threads, and the many drivers that put their timeout around everything.
struct EarlyTimerDriver: RallyDialer {
    private static let poolSize = 4

    private let group = MultiThreadedEventLoopGroup.singleton
    private let pool = NIOThreadPool(numberOfThreads: poolSize)
    private let course: RallyCourse

    init(course: RallyCourse) {
        self.course = course
        pool.start()
    }

    func dial(_ host: String, port: Int, label: String) async -> RallyDial {
        let loop = group.next()
        let names = SlowNames(delay: course.nameDelay)
        let isSeam = course.seam
        return await FoulReport.measure(host: host, port: port) {
            let lookup = pool.runIfActive(eventLoop: loop) {
                var asked = host
                if isSeam, let delay = names.delay(of: host) {
                    PlainSleep.sleep(delay)
                    asked = "127.0.0.1"
                }
                return try SocketAddress.makeAddressResolvingHost(asked, port: port)
            }
            let connection = lookup.flatMap { ClientBootstrap(group: loop).connect(to: $0) }
            let first = loop.makePromise(of: (any Channel).self)
            let timeout = TimeAmount.nanoseconds(Int64(RallyCourse.connectTimeout / .nanoseconds(1)))
            let timer = loop.scheduleTask(in: timeout) { first.fail(ChannelError.connectTimeout(timeout)) }
            connection.whenComplete { result in
                timer.cancel()
                first.completeWith(result)
            }
            return try await first.futureResult.get()
        }
    }
}
