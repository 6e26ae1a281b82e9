// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// Addresses a lookup has brought, and the families that they settle.
@available(FairDial 0.1, *)
public struct LookupResult: Hashable, Sendable {
    /// At most this many addresses of each family are dialed, or returned as a dialer's answer: thousands would take
    /// longer to put into order than any of them to connect, and a zone that names thousands may mean no good.
    package static let familyLimit = 256

    /// The families about which nothing more will come; one without addresses here has no data.
    public var families: AddressFamilies

    /// The addresses, zones included, in the order in which they came.
    public var addresses: [IPAddress]

    /// Whether `addresses` are in destination order (RFC 6724) already, as `getaddrinfo`'s are.
    package var isInDestinationOrder: Bool

    /// Who answered.
    public var source: LookupSource

    /// The DNS server that said so; `nil` where no server did, or it is not known which.
    public var server: Endpoint?

    /// Whether it comes from a cache, and is older than its zone allows (RFC 8767).
    package var isStale: Bool

    /// For how much longer the addresses may be used, by what their zone says of them; `nil` where no zone has said, as
    /// `getaddrinfo` and the hosts file do not.
    public var timeToLive: Duration?

    /// An answer from its parts.
    public init(
        families: AddressFamilies,
        addresses: [IPAddress],
        isInDestinationOrder: Bool,
        source: LookupSource,
        server: Endpoint? = nil,
        isStale: Bool = false,
        timeToLive: Duration? = nil
    ) {
        self.families = families
        self.addresses = addresses
        self.isInDestinationOrder = isInDestinationOrder
        self.source = source
        self.server = server
        self.isStale = isStale
        self.timeToLive = timeToLive
    }
}
