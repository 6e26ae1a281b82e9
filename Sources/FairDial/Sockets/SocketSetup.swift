// SPDX-License-Identifier: Apache-2.0

package import IPAddresses

/// How the sockets of a dial's attempts are made; the same for all of them.
@available(FairDial 0.1, *)
package struct SocketSetup: Sendable {
    package var transport = Transport.stream
    /// Where to bind to, one of each family at most; where it is not empty, a family that is missing is not dialed.
    package var localEndpoints: [Endpoint] = []
    package var options: [PreconnectOption] = []
    /// Whether to ask for TCP Fast Open (RFC 7413).
    package var wantsFastOpen = false
    /// Whether to ask for Multipath TCP (RFC 8684).
    package var wantsMultipath = false

    package init() {}

    /// Whether a stream may be sent from the very address and port that it goes to: where the caller names the port, or
    /// the system might choose it.
    func mayMeetItself(at destination: Destination) -> Bool {
        guard transport == .stream, let port = destination.endpoint?.port else { return false }
        return EphemeralPorts.range.contains(port) || localEndpoints.contains { $0.port == port }
    }

    /// Where the socket of an attempt is bound to; `nil` where the system chooses when it connects.
    func localEndpoint(for destination: Destination) -> Endpoint? {
        guard let family = destination.family else { return nil }
        if let local = localEndpoints.first(where: { $0.address.family == family }) { return local }
        guard transport == .unconnectedDatagram else { return nil }
        switch family {
        case .ipv4: return Endpoint(address: .v4(.unspecified), port: 0)
        case .ipv6: return Endpoint(address: .v6(.unspecified, zone: nil), port: 0)
        }
    }
}
