// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// Shares the numbers of `LookupInFlight.id` out among the resolvers of a process.
@available(FairDial 0.1, *)
enum LookupIDs {
    /// Room for four thousand million lookups of addresses by one resolver, and as many of records; after that the
    /// numbers begin again.
    static let span: UInt64 = 1 << 33

    private static let resolvers = NIOLockedValueBox<UInt64>(0)

    /// The first number of the next resolver.
    static func next() -> UInt64 {
        resolvers.withLockedValue { resolvers in
            defer { resolvers &+= 1 }
            return resolvers &* span
        }
    }
}
