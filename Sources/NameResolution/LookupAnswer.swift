// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// Addresses a look-up has brought, and the families that they settle.
public struct LookupAnswer: Hashable, Sendable {
    /// The families about which nothing more will come; one without addresses here has no data.
    public var families: AddressFamilies

    /// The addresses, zones included, in the order in which they came.
    public var addresses: [IPAddress]

    /// Whether `addresses` are in destination order (RFC 6724) already, as `getaddrinfo`'s are.
    public var isInDestinationOrder: Bool

    /// Who answered.
    public var source: LookupSource

    /// The DNS server that said so; `nil` where none did, or nobody knows which.
    public var server: Endpoint?

    /// Whether it comes from a cache, and is older than its zone allows (RFC 8767).
    public var isStale: Bool

    /// An answer from its parts.
    public init(
        families: AddressFamilies,
        addresses: [IPAddress],
        isInDestinationOrder: Bool,
        source: LookupSource,
        server: Endpoint? = nil,
        isStale: Bool = false
    ) {
        self.families = families
        self.addresses = addresses
        self.isInDestinationOrder = isInDestinationOrder
        self.source = source
        self.server = server
        self.isStale = isStale
    }
}
