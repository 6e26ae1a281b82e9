// SPDX-License-Identifier: Apache-2.0

package import IPAddresses

/// What a lookup of a target's name has brought, as the pool's machine needs it.
@available(FairDial 0.1, *)
package struct PoolAnswer: Sendable {
    /// In destination order; the first 256 count.
    package let endpoints: [Endpoint]
    /// How long the addresses may be used, by what their zone says; `nil` where none has said.
    package let lifetime: Duration?
    /// Families that were not answered: what is known of their addresses stays.
    package let silent: AddressFamilies
    /// Whether it cannot change: the host is numeric, or the caller's own table has answered.
    package let isFixed: Bool

    package init(
        _ endpoints: [Endpoint],
        lifetime: Duration? = nil,
        silent: AddressFamilies = [],
        isFixed: Bool = false
    ) {
        self.endpoints = endpoints
        self.lifetime = lifetime
        self.silent = silent
        self.isFixed = isFixed
    }
}
