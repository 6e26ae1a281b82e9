// SPDX-License-Identifier: Apache-2.0

/// What a lookup tells its caller: `started` at most once, answers as they come, and `ended`, last.
@available(FairDial 0.1, *)
public enum LookupEvent: Hashable, Sendable {
    /// The lookup has its slot and runs: the queue is over.
    case started

    /// Addresses for some of the families asked for. A family is settled once at most.
    case answered(LookupResult)

    /// Service bindings, for a question that asks for them; once at most, and no more will come. A resolver that knows
    /// of none tells none.
    case bindings(BindingAnswer)

    /// All that had come when `catchUp` was called has been told. Only the caller of `catchUp` needs it.
    case caughtUp

    /// Nothing more will come. `nil`: every family asked for has been answered; else why the others have not been.
    case ended(ResolutionError?)
}
