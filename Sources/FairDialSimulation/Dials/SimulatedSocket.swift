// SPDX-License-Identifier: Apache-2.0

import FairDial

/// One attempt's socket in a run, and its outcome.
final class SimulatedSocket {
    enum Stage {
        case racing
        case channel
        case closed
    }

    let descriptor: CInt
    let destination: Destination
    /// When it was opened.
    let opened: UInt64
    /// When the network answers; `nil` for never.
    let settles: UInt64?
    /// Its answer: `nil` is a connection.
    let failure: AttemptFailure?
    /// Whether the poller tells of it.
    let isReported: Bool
    var stage = Stage.racing
    var watch: AttemptSocket.WatchToken?

    init(
        _ descriptor: CInt,
        to destination: Destination,
        at opened: UInt64,
        settles: UInt64?,
        failure: AttemptFailure?,
        isReported: Bool
    ) {
        self.descriptor = descriptor
        self.destination = destination
        self.opened = opened
        self.settles = settles
        self.failure = failure
        self.isReported = isReported
    }

    func progress(at now: UInt64) -> AttemptSocket.Progress {
        guard let settles, now >= settles else { return .pending }
        return failure.map(AttemptSocket.Progress.failed) ?? .connected
    }
}
