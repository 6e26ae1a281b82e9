// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// A channel that the caller has not taken from its connection. When the last copy of the connection goes, no code can
/// take it any more, and the channel is closed.
@available(FairDial 0.1, *)
final class UnclaimedChannel: Sendable {
    private let channel: any Channel
    private let isClaimed = Atomic(false)

    init(_ channel: any Channel) {
        self.channel = channel
    }

    /// The caller has taken the channel, or what was made of it: closing it is the caller's from now on.
    func claim() {
        isClaimed.store(true, ordering: .relaxed)
    }

    deinit {
        // One that has closed may have lost its loop, too.
        if !isClaimed.load(ordering: .relaxed), channel.isActive { channel.close(promise: nil) }
    }
}
