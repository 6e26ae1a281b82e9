// SPDX-License-Identifier: Apache-2.0

import FairDial
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#endif

/// Dials of `127.0.0.1` per second to a channel, 64 at once, on one loop: FairDial beside NIO's own `connect(to:)`.
///
/// Both sides set the same option, close with a reset so that ports do not run out, and take turns; medians are printed.
@main
struct DialRate {
    static let dials = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 20_000 : 20_000
    static let atOnce = 64
    static let rounds = 7

    static func main() async throws {
        let clients = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        guard let server = PlainAcceptor() else { return print("cannot listen on 127.0.0.1") }
        server.start()
        let port = server.port
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: port)
        let loop = clients.next()

        let sides: [(name: String, dial: @Sendable () -> EventLoopFuture<any Channel>)] = [
            ("NIO connect(to:)", { Self.stock(address, loop) }),
            ("FairDial, future", { Self.fair(port, loop) }),
            ("bare A", { Self.bare(port, loop) }),
            ("NIO, tasks", { Self.stock(address, loop) }),
            ("FairDial, tasks", { Self.fair(port, loop) }),
        ]
        var rates = [[Double]](repeating: [], count: sides.count)
        for round in 0...rounds {
            for (index, side) in sides.enumerated()
            where CommandLine.arguments.count < 2 || CommandLine.arguments[1] == "\(index)" {
                let rate = try await Self.rate(of: side.dial, on: loop, inTasks: index > 2)
                // The first round warms caches and pools.
                if round > 0 { rates[index].append(rate) }
            }
        }
        let medians = rates.map { $0.isEmpty ? 1 : $0.sorted()[$0.count / 2] }
        for (side, median) in zip(sides, medians) {
            print("\(side.name): \(Int(median)) dials/s, \(median / medians[0]) of NIO's")
        }
        try await clients.shutdownGracefully()
    }

    static func stock(_ address: SocketAddress, _ loop: any EventLoop) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: loop)
            .channelInitializer { $0.eventLoop.makeSucceededVoidFuture() }
            .connect(to: address)
    }

    static func bare(_ port: Int, _ loop: any EventLoop) -> EventLoopFuture<any Channel> {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var a = sockaddr_in()
        a.sin_family = sa_family_t(AF_INET)
        a.sin_port = UInt16(port).bigEndian
        a.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        withUnsafePointer(to: &a) { p in p.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = connect(fd, $0, 16); _ = connect(fd, $0, 16) } }
        return ClientBootstrap(group: loop).channelInitializer { $0.eventLoop.makeSucceededVoidFuture() }.withConnectedSocket(fd)
    }

    static func fair(_ port: Int, _ loop: any EventLoop) -> EventLoopFuture<any Channel> {
        Dialer.shared.connect(to: "127.0.0.1", port: port, on: loop) {
            $0.eventLoop.makeSucceededVoidFuture()
        }.map { $0.output }
    }

    static func rate(
        of dial: @escaping @Sendable () -> EventLoopFuture<any Channel>,
        on loop: any EventLoop,
        inTasks: Bool
    ) async throws -> Double {
        let clock = ContinuousClock()
        let took = try await clock.measure {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<atOnce {
                    group.addTask {
                        guard inTasks else { return try await Self.chain(dials / atOnce, dial, loop).get() }
                        for _ in 0..<(dials / atOnce) { try await Self.chain(1, dial, loop).get() }
                    }
                }
                try await group.waitForAll()
            }
        }
        return Double(dials / atOnce * atOnce) / (took / .seconds(1))
    }

    static func chain(
        _ count: Int,
        _ dial: @escaping @Sendable () -> EventLoopFuture<any Channel>,
        _ loop: any EventLoop
    ) -> EventLoopFuture<Void> {
        guard count > 0 else { return loop.makeSucceededVoidFuture() }
        return dial().flatMap { channel in
            guard let socket = channel as? any SocketOptionProvider else { return channel.close() }
            return socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).flatMap { channel.close() }
        }.flatMap { chain(count - 1, dial, loop) }
    }
}
