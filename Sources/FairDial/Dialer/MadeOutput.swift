// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore

/// What a caller's initializer has made of the winner, on its way to the connection.
@available(FairDial 0.1, *)
final class MadeOutput<Output: Sendable>: Sendable {
    private let made = NIOLockedValueBox<Output?>(nil)

    /// `nil` until the initializer has succeeded.
    var output: Output? { made.withLockedValue { $0 } }

    /// - Parameter initializer: makes it of the channel; what it throws is as good as a future that fails.
    func make(
        of channel: any Channel,
        _ initializer: (any Channel) throws -> EventLoopFuture<Output>
    ) -> EventLoopFuture<Void> {
        let output: EventLoopFuture<Output>
        do { output = try initializer(channel) } catch { return channel.eventLoop.makeFailedFuture(error) }
        return output.map { output in
            // Its handlers may trap where they lose it while the pipeline lives, as those of `NIOAsyncChannel` do
            // (rule 7).
            channel.closeFuture.whenComplete { _ in withExtendedLifetime(output) {} }
            self.made.withLockedValue { $0 = output }
        }
    }
}
