// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore

/// Why a handshake has failed, for a dial that waits for something else behind it: what the caller waits for knows at
/// best that its channel has closed, and that only after the goodbyes.
final class HandshakeWatch: Sendable {
    private struct State: Sendable {
        var error: (any Error)?
        var waiting: EventLoopPromise<Void>?
    }

    private let state = NIOLockedValueBox(State())

    /// The first one counts.
    func failed(_ error: any Error) {
        let waiting = state.withLockedValue { state in
            state.error = state.error ?? error
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.fail(error)
    }

    /// What the caller waits for, or the handshake's failure, whichever comes first.
    func watched(until ready: EventLoopFuture<Void>, of channel: any Channel) -> EventLoopFuture<Void> {
        let either = channel.eventLoop.makePromise(of: Void.self)
        let error = state.withLockedValue { state in
            if state.error == nil { state.waiting = either }
            return state.error
        }
        if let error { either.fail(error) }
        ready.cascade(to: either)
        // A promise has to be kept, also where the caller's is not.
        channel.closeFuture.whenComplete { _ in either.fail(ChannelError.eof) }
        return either.futureResult
    }
}
