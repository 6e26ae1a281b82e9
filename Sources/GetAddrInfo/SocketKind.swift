// SPDX-License-Identifier: Apache-2.0

/// A socket type and a protocol that glibc puts together.
struct SocketKind: Hashable {
    var socketType: Int32
    var protocolNumber: Int32

    /// Which kinds an answer has: the one that fits type and protocol, or all the usual ones.
    enum Choice {
        case one(SocketKind)
        case usual
    }

    /// The kinds for a type and a protocol, 0 meaning any, in glibc's order of preference.
    ///
    /// - Throws: `.socketType` where the two do not go together, `.service` where only RAW would do and a service was
    ///   given.
    static func choice(
        socketType: Int32,
        protocolNumber: Int32,
        hasService: Bool
    ) throws(AddressInfoError) -> Choice {
        if socketType == 0, protocolNumber == 0 { return .usual }
        for kind in known
        where (socketType == 0 || socketType == kind.socketType)
            && (protocolNumber == 0 || protocolNumber == kind.protocolNumber)
        {
            return .one(kind)
        }
        guard socketType == 0 || socketType == SocketType.raw else { throw .socketType }
        if hasService { throw .service }
        // RAW takes any protocol, one that does not exist included.
        return .one(SocketKind(socketType: SocketType.raw, protocolNumber: protocolNumber))
    }

    private static let tcp = SocketKind(socketType: SocketType.stream, protocolNumber: ProtocolNumber.tcp)
    private static let udp = SocketKind(socketType: SocketType.datagram, protocolNumber: ProtocolNumber.udp)

    /// What a question without type and protocol gets, in this order: the one place where RAW does not mind a service.
    static let usual: [SocketKind] = [tcp, udp, SocketKind(socketType: SocketType.raw, protocolNumber: 0)]

    private static let known: [SocketKind] = [
        tcp,
        udp,
        // SOCK_DCCP is 6; Swift's module does not show it.
        SocketKind(socketType: 6, protocolNumber: ProtocolNumber.dccp),
        SocketKind(socketType: SocketType.datagram, protocolNumber: ProtocolNumber.udpLite),
        SocketKind(socketType: SocketType.stream, protocolNumber: ProtocolNumber.sctp),
        SocketKind(socketType: SocketType.sequencedPackets, protocolNumber: ProtocolNumber.sctp),
    ]
}
