// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution

/// The addresses that one dial's look-up has brought so far, in the order in which to prefer them.
struct KnownAddresses {
    /// Destination order (RFC 6724): the system's own where one answer brought all of them.
    private(set) var inDestinationOrder: [IPAddress]

    init(_ addresses: [IPAddress] = []) {
        inDestinationOrder = addresses
    }

    /// Takes in an answer; addresses of families that are not wanted are left out.
    mutating func add(_ answer: LookupAnswer, wanting families: AddressFamilies) {
        let wanted = answer.addresses.filter { families.contains($0.family) && !inDestinationOrder.contains($0) }
        guard !wanted.isEmpty else { return }
        let isOrdered = answer.isInDestinationOrder && inDestinationOrder.isEmpty
        inDestinationOrder += wanted
        if !isOrdered { inDestinationOrder = SourceAddresses.sort(inDestinationOrder) }
    }
}
