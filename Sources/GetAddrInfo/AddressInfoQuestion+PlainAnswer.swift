// SPDX-License-Identifier: Apache-2.0

import IPAddresses

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension AddressInfoQuestion {
    /// The answer that every C library gives alike; anything else needs the call.
    ///
    /// That is a strict address without a zone of the family asked for, a port in plain digits, a stream or datagram
    /// socket, and no flags that say more than "numeric". Read from the documentation of macOS and Musl, run on glibc
    /// only.
    package func plainAnswer() -> NumericAnswer {
        let flags = QuestionFlags(rawValue: flags)
        guard flags.isSubset(of: [.passive, .numericHost, .numericService]),
            let kind = plainKind(), let port = plainPort(), let host, let address = plainAddress(host, flags)
        else { return .needsLookup }
        return .answered([
            AddressInfo(
                socketType: kind.socketType,
                protocolNumber: kind.protocolNumber,
                endpoint: Endpoint(address: address, port: port)
            )
        ])
    }

    private func plainKind() -> SocketKind? {
        let natural: Int32
        switch socketType {
        case SocketType.stream: natural = ProtocolNumber.tcp
        case SocketType.datagram: natural = ProtocolNumber.udp
        default: return nil
        }
        guard protocolNumber == 0 || protocolNumber == natural else { return nil }
        return SocketKind(socketType: socketType, protocolNumber: natural)
    }

    private func plainPort() -> UInt16? {
        guard let service else { return 0 }
        guard service.utf8.first.map({ $0 &- UInt8(ascii: "0") < 10 }) == true else { return nil }
        return UInt16(service)
    }

    private func plainAddress(_ host: String, _ flags: QuestionFlags) -> IPAddress? {
        if let ipv4 = try? IPv4Address(host) {
            guard family == AF_UNSPEC || family == AF_INET else { return nil }
            #if canImport(Darwin)
                // On a NAT64 network an IPv4 literal may be answered with an IPv6 address, unless it is loopback.
                guard flags.contains(.numericHost) || ipv4.bits >> 24 == 127 else { return nil }
            #endif
            return .v4(ipv4)
        }
        guard family == AF_UNSPEC || family == AF_INET6, let ipv6 = try? IPv6Address(host) else { return nil }
        return .v6(ipv6, zone: nil)
    }
}
