// SPDX-License-Identifier: Apache-2.0

public import DNSMessages
public import IPAddresses

/// Service bindings that a lookup has brought: all that there will be (RFC 9460 §3).
@available(FairDial 0.1, *)
public struct BindingAnswer: Hashable, Sendable {
    /// The records in ServiceMode, as they came; a target "." has been replaced by the name that the record was asked
    /// for at. Empty where there are none, or no server could tell.
    package var records: [SVCBRecord]

    /// The name whose addresses the lookup brings: the one asked for, as far as the search list has made it whole.
    package var name: DomainName

    /// The name that records in AliasMode have led to (§2.4.2), whose addresses serve where no binding does; `nil`
    /// without any.
    package var alias: DomainName?

    /// The DNS server that said so; `nil` where none did.
    package var server: Endpoint?

    /// Whether it comes from a cache, and is older than its zone allows (RFC 8767).
    package var isStale: Bool

    /// An answer from its parts.
    public init(
        records: [SVCBRecord],
        name: DomainName,
        alias: DomainName? = nil,
        server: Endpoint? = nil,
        isStale: Bool = false
    ) {
        self.records = records
        self.name = name
        self.alias = alias
        self.server = server
        self.isStale = isStale
    }
}
