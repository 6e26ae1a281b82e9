// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import SystemSupport

@testable import FairDial

extension ConnectionRace {
    /// All that is known by now, and that nothing more will come about some families or about service bindings.
    mutating func answered(
        _ candidates: Candidates,
        settling families: AddressFamilies,
        services: Bool = false,
        at now: Duration
    ) -> ActionList<Action> {
        answered(
            candidates,
            awaiting: awaited.subtracting(families),
            services: awaitsServices && !services,
            at: now
        )
    }

    /// The same of one group.
    mutating func answered(
        _ destinations: [Destination],
        settling families: AddressFamilies,
        at now: Duration
    ) -> ActionList<Action> {
        answered(Candidates(destinations), settling: families, at: now)
    }
}
