// SPDX-License-Identifier: Apache-2.0

/// What a question to `getaddrinfo` says beside host and service: the C call's `hints` (RFC 3493 §6.1).
///
/// The numbers are this platform's own constants (`AF_INET6`, `SOCK_STREAM`, `AI_PASSIVE`, …).
@available(FairDial 0.1, *)
public struct AddressInfoHints: Hashable, Sendable {
    /// `AF_UNSPEC`, `AF_INET` or `AF_INET6`.
    public var family: Int32

    /// `SOCK_STREAM`, `SOCK_DGRAM`, `SOCK_RAW`, …, or 0 for any; nothing else in it, see `socketType(ofSocket:)`.
    public var socketType: Int32

    /// `IPPROTO_TCP`, `IPPROTO_UDP`, …, or 0 for any.
    public var protocolNumber: Int32

    /// `AI_…` flags, or-ed.
    public var flags: Int32

    /// Hints with the C call's defaults: any family, any type, any protocol, no flags.
    @inlinable
    public init(family: Int32 = 0, socketType: Int32 = 0, protocolNumber: Int32 = 0, flags: Int32 = 0) {
        self.family = family
        self.socketType = socketType
        self.protocolNumber = protocolNumber
        self.flags = flags
    }

    /// The socket type alone, from the number that was passed to `socket`.
    ///
    /// On Linux that number may contain `SOCK_NONBLOCK` and `SOCK_CLOEXEC` (socket(2)); `getaddrinfo` does not know
    /// them and answers `EAI_SOCKTYPE`. A caller that asks with the type of a socket of its own removes them with this.
    public static func socketType(ofSocket type: Int32) -> Int32 {
        #if os(Linux) || os(Android)
            type & ~(SocketType.nonBlocking | SocketType.closeOnExec)
        #else
            type
        #endif
    }
}
