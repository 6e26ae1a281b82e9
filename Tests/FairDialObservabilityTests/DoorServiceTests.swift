// SPDX-License-Identifier: Apache-2.0

#if ServiceLifecycle
    import FairDial
    import FairDialDoor
    import FairDialObservability
    import Logging
    import NIOConcurrencyHelpers
    import NIOCore
    import NIOPosix
    import ServiceLifecycle
    import TestHelpers
    import Testing

    /// A door in a service group.
    @Suite(.timeLimit(.minutes(15))) struct `A door as a service` {
        /// A door to a server that says nothing and ends when its clients do, and a client that is spliced to it.
        private static func withSplice(_ body: (Door, any Channel) async throws -> Void) async throws {
            let accepted = NIOLockedValueBox(0)
            let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .childChannelInitializer { channel in
                    accepted.withLockedValue { $0 += 1 }
                    return channel.eventLoop.makeSucceededVoidFuture()
                }
                .bind(host: "127.0.0.1", port: 0).get()
            let port = try #require(server.localAddress?.port)
            let door = try await Door.loopback(to: Target(host: "127.0.0.1", port: port))
            let client = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(host: "127.0.0.1", port: try #require(door.address.port)).get()
            #expect(await Patience.untilTrue { accepted.withLockedValue { $0 } == 1 })
            do { try await body(door, client) } catch { Issue.record(error) }
            try? await client.close()
            try await server.close()
            await door.shutDown(within: .zero)
        }

        /// Waits until nobody comes in any more, and who did to find out has gone.
        private static func untilClosed(_ door: Door) async throws {
            let port = door.address.port ?? 0
            for _ in 0..<10_000 {
                guard let visit = try? await Dialer.shared.connect(to: "127.0.0.1", port: port) else { break }
                try? await visit.channel.close()
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(await Patience.untilTrue { door.counts.open == 1 })
        }

        @Test func `lets what is spliced go on when its group shuts down gracefully`() async throws {
            try await Self.withSplice { door, client in
                let group = ServiceGroup(services: [door], logger: Logger(label: "test"))
                let run = Task { try await group.run() }
                await group.triggerGracefulShutdown()
                try await Self.untilClosed(door)
                #expect(client.isActive)
                try await client.close()
                try await run.value
                #expect(door.counts.open == 0)
            }
        }

        @Test func `ends what is spliced at once when it is cancelled while that goes on`() async throws {
            try await Self.withSplice { door, client in
                let group = ServiceGroup(services: [door], logger: Logger(label: "test"))
                let run = Task { try await group.run() }
                await group.triggerGracefulShutdown()
                try await Self.untilClosed(door)
                #expect(client.isActive)
                run.cancel()
                // Patience ends long before the half minute that it would have.
                #expect(await Patience.untilTrue { !client.isActive && door.counts.open == 0 })
                _ = await run.result
            }
        }

        @Test func `ends what is spliced where its task is cancelled`() async throws {
            try await Self.withSplice { door, client in
                let run = Task { try await door.run() }
                run.cancel()
                await #expect(throws: CancellationError.self) { try await run.value }
                #expect(door.counts.open == 0)
                #expect(await Patience.untilTrue { !client.isActive })
            }
        }

        @Test func `is closed when its group shuts down gracefully`() async throws {
            let door = try await Door.http()
            let port = try #require(door.address.port)
            let group = ServiceGroup(services: [door], logger: Logger(label: "test"))
            let run = Task { try await group.run() }
            await group.triggerGracefulShutdown()
            try await run.value
            await #expect(throws: DialError.self) { try await Dialer.shared.connect(to: "127.0.0.1", port: port) }
        }

        @Test func `is closed, with an error, where its task is cancelled`() async throws {
            let door = try await Door.http()
            let port = try #require(door.address.port)
            let run = Task { try await door.run() }
            run.cancel()
            await #expect(throws: CancellationError.self) { try await run.value }
            await #expect(throws: DialError.self) { try await Dialer.shared.connect(to: "127.0.0.1", port: port) }
        }
    }
#endif
