// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import FairDial

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct `A peer that resets at once` {
    /// Resets whatever it accepts, and counts it.
    private static func start(_ accepted: NIOLockedValueBox<Int>) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelInitializer { channel in
                accepted.withLockedValue { $0 += 1 }
                guard let options = channel as? any SocketOptionProvider else { return channel.close() }
                // Closed with time to linger, and none left: that is a reset.
                return options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).flatMap { channel.close() }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    @Test(.timeLimit(.minutes(15))) func `is connected to once by each dial, and every dial ends`() async throws {
        let accepted = NIOLockedValueBox(0)
        let server = try await Self.start(accepted)
        let port = try #require(server.localAddress?.port)
        let dialCount = 400
        let ended = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<dialCount {
                group.addTask {
                    do throws(DialError) {
                        if number.isMultiple(of: 2) {
                            let socket = try await Dialer.shared.takeSocket(to: "127.0.0.1", port: port)
                            _ = close(socket.descriptor)
                        } else {
                            let connection = try await Dialer.shared.connect(to: "127.0.0.1", port: port)
                            try? await connection.output.closeFuture.get()
                        }
                        return true
                    } catch {
                        // Whatever the reset met: the attempt, or the channel.
                        return error.report.attempts.count == 1
                    }
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(ended == dialCount)
        #expect(accepted.withLockedValue { $0 } <= dialCount)
        try await server.close()
    }
}
