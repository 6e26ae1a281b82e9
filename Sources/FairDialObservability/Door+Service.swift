// SPDX-License-Identifier: Apache-2.0

#if ServiceLifecycle
    public import FairDialDoor
    public import ServiceLifecycle

    /// As a service a door is open as long as its group runs, and is closed with it.
    @available(FairDial 0.1, *)
    extension Door: Service {
        /// Waits until its service group begins to shut down gracefully, and closes the door: what is spliced may go on
        /// for 30 s. Where its task is cancelled, in that time too, it is closed at once.
        public func run() async throws {
            let isGraceful = (try? await gracefulShutdown()) != nil
            await withTaskCancellationHandler {
                await shutDown(within: isGraceful ? .seconds(30) : .zero)
            } onCancel: {
                // A group gives its services a time of its own, and cancels them when it is over.
                Task { await shutDown(within: .zero) }
            }
            // A group takes an error for a failure; a task that was cancelled is told so.
            if !isGraceful { try Task.checkCancellation() }
        }
    }
#endif
