// SPDX-License-Identifier: Apache-2.0

#if ServiceLifecycle
    public import ServiceLifecycle

    /// As a service it ends by itself when its group shuts down gracefully.
    @available(FairDial 0.1, *)
    extension StuckLookups: Service {}

    @available(FairDial 0.1, *)
    extension StuckLookups {
        /// Watches until its task is cancelled, or its service group begins to shut down gracefully: then it returns.
        public func run() async throws {
            do {
                try await cancelWhenGracefulShutdown { try await run(on: ContinuousClock()) }
            } catch is CancellationError {
                // Its group takes an error for a failure. A task that was cancelled is told so.
                try Task.checkCancellation()
            }
        }
    }
#else
    @available(FairDial 0.1, *)
    extension StuckLookups {
        /// Watches until its task is cancelled.
        public func run() async throws {
            try await run(on: ContinuousClock())
        }
    }
#endif
