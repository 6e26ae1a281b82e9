// SPDX-License-Identifier: Apache-2.0

/// What became of one target of a service that was dialed.
@available(FairDial 0.1, *)
public struct SRVTargetReport: Hashable, Sendable {
    /// How far a target came.
    @nonexhaustive
    public enum Outcome: String, Hashable, Sendable {
        /// The connection goes there.
        case connected
        /// At least one of its addresses was dialed or vetoed, and none of them won; the attempts say how each ended.
        case tried
        /// It has no address, or could not be looked up; `reason` says why.
        case unresolved
        /// Nothing was dialed: another target had won, or the dial's time was up.
        case untried
        /// It cannot be dialed; `reason` says why.
        case skipped
    }

    /// The target.
    public let target: SRVTarget

    /// How far it came.
    public let outcome: Outcome

    /// One clause for a person; `nil` where the outcome says it all.
    public let reason: String?

    /// A report from its parts.
    public init(target: SRVTarget, outcome: Outcome, reason: String? = nil) {
        self.target = target
        self.outcome = outcome
        self.reason = reason
    }
}
