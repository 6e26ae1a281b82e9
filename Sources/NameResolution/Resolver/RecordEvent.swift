// SPDX-License-Identifier: Apache-2.0

/// What a lookup of records tells the caller that waits for it: `started` at most once, and `ended`, last.
@available(FairDial 0.1, *)
@nonexhaustive
public enum RecordEvent: Sendable {
    /// The lookup has its slot and runs: the queue is over. A lookup that does not wait need not say so.
    case started

    /// All that had come when `LookupHandle.catchUp` was called has been told.
    case caughtUp

    /// The records, or why there are none; `nameNotFound` where the name has none of the type.
    case ended(Result<RecordAnswer, ResolutionError>)
}
