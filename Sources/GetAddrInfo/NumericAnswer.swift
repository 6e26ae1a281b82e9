// SPDX-License-Identifier: Apache-2.0

/// What can be said to an `AddressInfoQuestion` without asking the C library.
public enum NumericAnswer: Hashable, Sendable {
    /// The entries the call would give, in its order; never empty.
    case answered([AddressInfo])

    /// The call would fail with just this error.
    case failed(AddressInfoError)

    /// Only the call itself can tell: a name, a named service, or a question whose answer hangs on this machine.
    case needsLookup
}
