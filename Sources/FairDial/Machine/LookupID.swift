// SPDX-License-Identifier: Apache-2.0

/// Which of one dial's lookups: a small number that the dial gives, and no two of its lookups share.
@available(FairDial 0.1, *)
package struct LookupID: Hashable, Sendable {
    /// Of the name that was dialed: its addresses, or its SRV records.
    package static let first = LookupID(number: 0)

    let number: UInt32
}
