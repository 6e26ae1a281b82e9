// SPDX-License-Identifier: Apache-2.0

/// What can be said to an `AddressInfoQuestion` without asking the C library.
@available(FairDial 0.1, *)
public enum NumericAnswer: Hashable, Sendable {
    /// The entries the call would give, in its order; never empty.
    case answered(AddressInfoList)

    /// The call would fail with just this error.
    case failed(AddressInfoError)

    /// The call might answer, but a strict reading refuses the form.
    case refused(LegacyForm)

    /// Only the call itself can tell: a name, or a question whose answer depends on facts that are not given.
    case needsLookup
}
