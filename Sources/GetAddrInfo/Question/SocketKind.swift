// SPDX-License-Identifier: Apache-2.0

/// A socket type and a protocol that a C library puts together.
@available(FairDial 0.1, *)
struct SocketKind: Hashable {
    var socketType: Int32
    var protocolNumber: Int32

    /// The protocol's name in the services file.
    var protocolName: String

    static let tcp = SocketKind(
        socketType: SocketType.stream,
        protocolNumber: ProtocolNumber.tcp,
        protocolName: "tcp"
    )

    static let udp = SocketKind(
        socketType: SocketType.datagram,
        protocolNumber: ProtocolNumber.udp,
        protocolName: "udp"
    )

    static func raw(_ protocolNumber: Int32) -> SocketKind {
        SocketKind(socketType: SocketType.raw, protocolNumber: protocolNumber, protocolName: "raw")
    }
}
