// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution

/// What a dial wants looked up.
@available(FairDial 0.1, *)
enum LookupRequest: Sendable {
    /// A name's addresses, and its service bindings where they are wanted.
    case addresses(LookupQuestion)
    /// A service's SRV records.
    case records(Question)
}
