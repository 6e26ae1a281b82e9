// SPDX-License-Identifier: Apache-2.0

/// What a caller asks `getaddrinfo`: its arguments and hints, as a value (RFC 3493 §6.1).
///
/// The numbers are this platform's own constants (`AF_INET6`, `SOCK_STREAM`, `AI_PASSIVE`, …).
@available(FairDial 0.1, *)
public struct AddressInfoQuestion: Hashable, Sendable {
    /// The host, numeric or a name; `nil` is the C call's NULL.
    public var host: String?

    /// The service, a decimal port or a name; `nil` is the C call's NULL.
    public var service: String?

    /// `AF_UNSPEC`, `AF_INET` or `AF_INET6`.
    public var family: Int32

    /// `SOCK_STREAM`, `SOCK_DGRAM`, `SOCK_RAW`, …, or 0 for any.
    public var socketType: Int32

    /// `IPPROTO_TCP`, `IPPROTO_UDP`, …, or 0 for any.
    public var protocolNumber: Int32

    /// `AI_…` flags, or-ed.
    public var flags: Int32

    /// What the question says beside host and service.
    @inlinable public var hints: AddressInfoHints {
        AddressInfoHints(family: family, socketType: socketType, protocolNumber: protocolNumber, flags: flags)
    }

    /// A question with the C call's defaults: any family, any type, any protocol, no flags.
    @inlinable
    public init(
        host: String?,
        service: String?,
        family: Int32 = 0,
        socketType: Int32 = 0,
        protocolNumber: Int32 = 0,
        flags: Int32 = 0
    ) {
        self.host = host
        self.service = service
        self.family = family
        self.socketType = socketType
        self.protocolNumber = protocolNumber
        self.flags = flags
    }
}
