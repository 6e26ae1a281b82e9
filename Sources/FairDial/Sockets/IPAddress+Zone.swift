// SPDX-License-Identifier: Apache-2.0

import IPAddresses

@available(FairDial 0.1, *)
extension IPAddress {
    /// Whether the address means another host on each interface, and does not say on which (RFC 4007 §6).
    var lacksZone: Bool {
        if case .v6(_, nil) = self { isLinkLocal } else { false }
    }
}
