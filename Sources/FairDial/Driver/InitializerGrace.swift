// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore

/// Closes the channel of a dial that has failed while the initializer was still at work: when the initializer has
/// ended, and at the latest after ten seconds.
///
/// An initializer may wrap its channel late, after some work of its own, and `NIOAsyncChannel` traps in debug builds
/// where it wraps a channel that has been closed. The peer does not wait for that: the socket is shut down at once.
@available(FairDial 0.1, *)
final class InitializerGrace: NIOScheduledCallbackHandler, Sendable {
    private static let most = TimeAmount.seconds(10)

    private let channel: any Channel
    private let hasEnded = NIOLockedValueBox(false)

    private init(_ channel: any Channel) {
        self.channel = channel
    }

    /// - Parameters:
    ///   - channel: on its loop.
    ///   - initialized: ends when the initializer has.
    static func close(_ channel: any Channel, after initialized: EventLoopFuture<Void>) {
        let grace = InitializerGrace(channel)
        // A loop that takes no timer is being shut down.
        let loop = channel.eventLoop
        guard let timer = try? loop.scheduleCallback(at: loop.now + most, handler: grace) else {
            return AbruptClose.close(channel)
        }
        initialized.whenComplete { _ in
            grace.hasEnded.withLockedValue { $0 = true }
            timer.cancel()
            AbruptClose.close(grace.channel)
        }
    }

    func handleScheduledCallback(eventLoop: some EventLoop) {
        AbruptClose.close(channel)
    }

    /// Called on the loop where it is being shut down; and where we have cancelled the timer, under the loop's lock.
    func didCancelScheduledCallback(eventLoop: some EventLoop) {
        if !hasEnded.withLockedValue({ $0 }) { AbruptClose.close(channel) }
    }
}
