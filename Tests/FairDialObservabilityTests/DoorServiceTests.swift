// SPDX-License-Identifier: Apache-2.0

#if ServiceLifecycle
    import FairDial
    import FairDialDoor
    import FairDialObservability
    import Logging
    import ServiceLifecycle
    import Testing

    /// A door in a service group.
    @Suite(.timeLimit(.minutes(1))) struct `A door as a service` {
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
