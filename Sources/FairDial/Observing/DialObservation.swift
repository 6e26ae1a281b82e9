// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import SystemSupport

/// One dial that is observed, from its start to its end.
@available(FairDial 0.1, *)
final class DialObservation: Sendable {
    private let target: Target
    /// When the dial began, on the wall clock, for the observer.
    private let wallStart = WallClock.now
    /// When the dial began, on the monotonic clock, for a duration that no loop has measured.
    private let monotonicStart = NIODeadline.now()
    /// What the observer wants to be called with at the dial's end.
    private let end: @Sendable (ObservedDial) -> Void
    private let lookups = NIOLockedValueBox<[UInt64]>([])

    /// - Returns: `nil` where this dial is of no interest to the observer.
    init?(of target: Target, by observer: any DialObserver) {
        guard let end = observer.dialBegins(to: target) else { return nil }
        self.target = target
        self.end = end
    }

    /// The dial waits for a lookup; `nil` for one that has ended by now, or is in no list.
    func awaits(_ lookup: UInt64?) {
        guard let lookup else { return }
        lookups.withLockedValue { $0.append(lookup) }
    }

    /// The dial has ended; called once.
    ///
    /// - Parameter duration: on the clock of the dial's loop; `nil` where no loop had anything to do with it.
    func ended(
        as outcome: ObservedDial.Outcome,
        _ report: DialReport,
        after duration: Duration?,
        lookedUp: Bool = false,
        awaitedTLS: Bool = false
    ) {
        end(
            ObservedDial(
                target: target,
                start: wallStart,
                duration: duration ?? .nanoseconds((NIODeadline.now() - monotonicStart).nanoseconds),
                report: report,
                outcome: outcome,
                lookups: lookups.withLockedValue { $0 },
                lookedUp: lookedUp,
                awaitedTLS: awaitedTLS
            )
        )
    }

    /// The dial has failed before its driver began, or without one.
    func failed(_ error: DialError) {
        ended(as: .failed(error), error.report, after: nil)
    }
}
