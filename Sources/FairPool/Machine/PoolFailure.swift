// SPDX-License-Identifier: Apache-2.0

package import FairDial

/// Why a wait for a connection ended without one.
@available(FairDial 0.1, *)
package enum PoolFailure: Sendable {
    /// None was free within the wait timeout.
    case timeout
    /// As many wait as may.
    case queueFull
    /// The pool was cleared, and is paused until it is ready again.
    case cleared
    case paused
    case closed
    /// A dial failed, and there is no other target to dial.
    case dial(DialError)
}
