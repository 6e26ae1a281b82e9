// SPDX-License-Identifier: Apache-2.0

/// What a look-up tells whoever waits for it: `started` at most once, answers as they come, and `ended`, last.
public enum LookupEvent: Hashable, Sendable {
    /// The look-up has its place and runs: the queue is over.
    case started

    /// Addresses for some of the families asked for. A family is settled once at most.
    case answered(LookupAnswer)

    /// Service bindings, for a question that asks for them; once at most, and no more will come. A resolver that knows of none tells
    /// none.
    case bound(ServiceAnswer)

    /// All that had come when `catchUp` was called has been told. Only whoever has called it need care.
    case caughtUp

    /// Nothing more will come. `nil`: every family asked for has been answered; else why the others have not been.
    case ended(ResolutionError?)
}
