// SPDX-License-Identifier: Apache-2.0

#if ServiceLifecycle
    import FairDialObservability
    import Logging
    import ServiceLifecycle
    import Testing

    /// The watch in a service group.
    @Suite(.timeLimit(.minutes(15))) struct `Stuck lookups as a service` {
        @Test func `end when their group shuts down gracefully`() async throws {
            let service = StuckLookups(every: .milliseconds(10))
            let group = ServiceGroup(services: [service], logger: Logger(label: "test"))
            let run = Task { try await group.run() }
            await group.triggerGracefulShutdown()
            try await run.value
        }

        @Test func `end with an error where their task is cancelled`() async {
            let run = Task { try await StuckLookups(every: .milliseconds(10)).run() }
            run.cancel()
            await #expect(throws: CancellationError.self) { try await run.value }
        }
    }
#endif
