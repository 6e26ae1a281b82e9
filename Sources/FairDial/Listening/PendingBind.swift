// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore

/// A listening socket that is about to be: waited for within a bound, and closed where it comes after that.
@available(FairDial 0.1, *)
final class PendingBind: Sendable {
    /// Why there is no channel, where nothing has failed.
    enum Gap: Error, CustomStringConvertible {
        case timedOut, cancelled, loopShutdown

        /// One clause for a person.
        var description: String {
            switch self {
            case .timedOut: "its initializer did not end"
            case .cancelled: "cancelled"
            case .loopShutdown: "its event loops were shut down"
            }
        }
    }

    private struct State: Sendable {
        var result: Result<any Channel, any Error>?
        var isGivenUp = false
    }

    private let state = NIOLockedValueBox(State())

    /// Waits until the bind has ended, the task is cancelled, or the time is up.
    ///
    /// - Parameters:
    ///   - limit: the most that the server channel's initializer may take; binding itself takes no time.
    ///   - loop: minds the clock.
    /// - Throws: `Gap`, or what the bind failed with.
    func channel(
        of bound: EventLoopFuture<any Channel>,
        atMost limit: Duration,
        on loop: any EventLoop
    ) async throws -> any Channel {
        let timer = LoopTimer(in: limit, on: loop)
        bound.whenComplete { result in
            let isLate = self.state.withLockedValue { state in
                state.result = result
                return state.isGivenUp
            }
            if isLate, case .success(let channel) = result { channel.close(promise: nil) }
            timer.cancel()
        }
        let end = await withTaskCancellationHandler {
            await timer.ended()
        } onCancel: {
            timer.cancel()
        }
        let result = state.withLockedValue { state in
            state.isGivenUp = state.result == nil
            return state.result
        }
        if let result { return try result.get() }
        switch end {
        case .rang: throw Gap.timedOut
        case .cancelled: throw Gap.cancelled
        case .loopShutdown: throw Gap.loopShutdown
        }
    }
}
