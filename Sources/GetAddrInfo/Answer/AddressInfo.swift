// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// One entry of `getaddrinfo`'s answer: what to pass to `socket` and `connect` (RFC 3493 §6.1).
///
/// The canonical name, which the C call puts into the first entry, belongs to the whole answer: see `AddressInfoList`.
@available(FairDial 0.1, *)
public struct AddressInfo: Hashable, Sendable {
    /// The socket's type: `SOCK_STREAM`, `SOCK_DGRAM`, `SOCK_RAW`, …
    public var socketType: Int32

    /// The socket's protocol: `IPPROTO_TCP`, `IPPROTO_UDP`, …
    public var protocolNumber: Int32

    /// Address and port; an IPv6 scope other than 0 is the address's zone, as an index.
    public var endpoint: Endpoint

    /// `sin6_flowinfo` in host byte order; 0 for IPv4.
    public var flowInfo: UInt32

    /// One entry from its parts.
    @inlinable
    public init(
        socketType: Int32,
        protocolNumber: Int32,
        endpoint: Endpoint,
        flowInfo: UInt32 = 0
    ) {
        self.socketType = socketType
        self.protocolNumber = protocolNumber
        self.endpoint = endpoint
        self.flowInfo = flowInfo
    }
}
