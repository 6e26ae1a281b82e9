// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import IPAddresses
import NameResolution

/// What a dial hears where service bindings are wanted: there are several look-ups then, and `DialDriver` brings them together.
extension Dial {
    /// Where several look-ups are under way: whether all of them wait for their places.
    mutating func lookups(wait: Bool, at now: Duration) {
        guard case .dialing = phase else { return }
        switch lookup {
        case .asked, .queued, .running: lookup = wait ? .queued : .running
        case .unneeded, .postponed, .ended: return
        }
        runClock(at: now)
    }

    /// Something has come where service bindings are wanted: addresses, bindings, or the end of one of several look-ups.
    ///
    /// - Parameters:
    ///   - answer: addresses that have come; `nil` for anything else.
    ///   - isOfHost: whether they are the host's own.
    ///   - candidates: all that are known by now, best first.
    ///   - families: about which answers are still to come, for any name.
    ///   - services: whether something is still to come that belongs before all that is known.
    mutating func answered(
        _ answer: LookupAnswer?,
        ofHost isOfHost: Bool,
        all candidates: Candidates,
        awaiting families: AddressFamilies,
        services: Bool,
        at now: Duration
    ) -> ActionList<DialAction> {
        guard case .dialing = phase else { return ActionList() }
        if let answer { note(answer, ofHost: isOfHost) }
        hasAddresses = !candidates.destinations.isEmpty
        let permitted = permitted(candidates, at: now)
        return carryOut(race.answered(permitted, awaiting: families, services: services, at: now), at: now)
    }

    /// Bindings have come from here, and are as old as that.
    mutating func bound(by server: Endpoint?, isStale: Bool) {
        guard case .dialing = phase else { return }
        self.server = self.server ?? server
        self.isStale = self.isStale || isStale
    }

    /// A binding's target could not be looked up; what is said of the first one belongs to the dial's failure.
    mutating func targetFailed(_ error: ResolutionError) {
        if targetFailure == nil { targetFailure = TargetFailure(error) }
    }

    /// Why a binding's target could not be looked up; `nil` where none has failed.
    var targetError: ResolutionError? { targetFailure?.error }

    final class TargetFailure: Sendable {
        let error: ResolutionError

        init(_ error: ResolutionError) {
            self.error = error
        }
    }
}
