// SPDX-License-Identifier: Apache-2.0

import FairDial
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Dials of `127.0.0.1` per second to a channel, 64 at once, on one loop: FairDial beside NIO's own `connect(to:)`.
///
/// Both sides close with a reset, so that ports do not run out, and take turns; medians are printed. "future" starts each
/// dial on the loop, where the last one ended; "task" starts each from a Swift task, and waits for it there.
@main
struct DialRate {
    private typealias Dial = @Sendable () -> EventLoopFuture<Void>

    private static let dials = 20_000
    private static let atOnce = 64
    private static let rounds = 9

    static func main() async throws {
        let clients = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        guard let acceptor = PlainAcceptor() else { return print("cannot listen on 127.0.0.1") }
        acceptor.start()
        let port = acceptor.port
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: port)
        let loop = clients.next()
        let stock: Dial = {
            ClientBootstrap(group: loop).channelInitializer { $0.eventLoop.makeSucceededVoidFuture() }
                .connect(to: address).flatMap(reset)
        }
        let fair: Dial = {
            Dialer.shared.connect(to: "127.0.0.1", port: port, on: loop) { $0.eventLoop.makeSucceededVoidFuture() }
                .flatMap { reset($0.output) }
        }
        try await compare("future", stock, fair) { dial in chain(dials / atOnce, dial, loop) }
        try await compare("task", stock, fair) { dial in
            let done = loop.makePromise(of: Void.self)
            done.completeWithTask { for _ in 0..<(dials / atOnce) { try await dial().get() } }
            return done.futureResult
        }
        try await clients.shutdownGracefully()
    }

    private static func compare(
        _ name: String,
        _ stock: @escaping Dial,
        _ fair: @escaping Dial,
        _ lane: @escaping @Sendable (@escaping Dial) -> EventLoopFuture<Void>
    ) async throws {
        var ratios: [Double] = []
        var rates: [Double] = []
        for round in 0...rounds {
            let theirs = try await rate(lane, stock)
            let ours = try await rate(lane, fair)
            // The first round warms caches and pools.
            guard round > 0 else { continue }
            ratios.append(ours / theirs)
            rates.append(ours)
        }
        let ratio = ratios.sorted()[rounds / 2]
        let rate = Int(rates.sorted()[rounds / 2])
        let hundredths = (ratio * 100).rounded() / 100
        print("\(name): FairDial \(rate) dials/s, \(hundredths) of NIO's connect(to:) (median of \(rounds) pairs)")
    }

    /// All lanes at once, dials per second.
    private static func rate(
        _ lane: @escaping @Sendable (@escaping Dial) -> EventLoopFuture<Void>,
        _ dial: @escaping Dial
    ) async throws -> Double {
        let took = try await ContinuousClock().measure {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<atOnce { group.addTask { try await lane(dial).get() } }
                try await group.waitForAll()
            }
        }
        return Double(dials / atOnce * atOnce) / (took / .seconds(1))
    }

    private static func chain(_ count: Int, _ dial: @escaping Dial, _ loop: any EventLoop) -> EventLoopFuture<Void> {
        guard count > 0 else { return loop.makeSucceededVoidFuture() }
        return dial().flatMap { chain(count - 1, dial, loop) }
    }

    @Sendable
    private static func reset(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard let socket = channel as? any SocketOptionProvider else { return channel.close() }
        return socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).flatMap { channel.close() }
    }
}
