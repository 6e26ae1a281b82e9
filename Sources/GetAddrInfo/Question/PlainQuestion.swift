// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// The fast path: the questions that every C library answers alike, inlined into the caller.
///
/// That is a strict address without a zone, of the family asked for or of any; a stream or datagram socket; a port in
/// plain digits, or none; no flags but those that mean nothing then. The tests compare its answers with the slow
/// path's.
@available(FairDial 0.1, *)
@usableFromInline
enum PlainQuestion {
    /// The one entry of the answer; `nil` for a question that is not plain.
    @inlinable
    @inline(__always)
    static func entry(
        _ host: UnsafeBufferPointer<UInt8>,
        port: UInt16,
        _ hints: AddressInfoHints
    ) -> AddressInfo? {
        guard isToBeTrusted, hints.flags & ~flagsWithoutEffect == 0 else { return nil }
        let (stream, datagram): (Int32, Int32) = (1, 2)
        let (tcp, udp): (Int32, Int32) = (6, 17)
        let natural = hints.socketType == stream ? tcp : udp
        guard hints.socketType == stream || hints.socketType == datagram,
            hints.protocolNumber == 0 || hints.protocolNumber == natural
        else { return nil }
        let (unspecified, ipv4): (Int32, Int32) = (0, 2)
        let address: IPAddress
        if host.count <= longestIPv4, hints.family == unspecified || hints.family == ipv4,
            let read = ipv4Address(host)
        {
            address = .v4(read)
        } else if hints.family == unspecified || hints.family == ipv6Family, let read = ipv6Address(host) {
            address = .v6(read, zone: nil)
        } else {
            return nil
        }
        return AddressInfo(
            socketType: hints.socketType,
            protocolNumber: natural,
            endpoint: Endpoint(address: address, port: port)
        )
    }

    /// The port of a service: 0 for none, and `nil` for one that is not plain.
    @inlinable
    @inline(__always)
    static func port(_ service: UnsafeBufferPointer<UInt8>?) -> UInt16? {
        guard let service else { return 0 }
        return plainPort(service)
    }

    /// The port of a service in plain decimal digits, 0 … 65535, without a zero in front; `nil` for anything else.
    @inlinable
    @inline(__always)
    static func plainPort(_ service: UnsafeBufferPointer<UInt8>) -> UInt16? {
        guard 1...5 ~= service.count else { return nil }
        var number: UInt32 = 0
        for byte in service {
            let digit = byte &- 0x30
            guard digit < 10 else { return nil }
            number = number &* 10 &+ UInt32(digit)
        }
        guard number < 65536, service.count == 1 || service[0] != 0x30 else { return nil }
        return UInt16(truncatingIfNeeded: number)
    }

    /// Whether a host is a name by its first bytes: no digit at its beginning, and no colon among the first five.
    @inlinable
    @inline(__always)
    static func isName(_ host: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = host.first, first &- 0x30 > 9 else { return false }
        for offset in 0..<min(5, host.count) where host[offset] == 0x3A { return false }
        return true
    }

    /// `255.255.255.255`
    @inlinable static var longestIPv4: Int { 15 }

    @inlinable
    @inline(__always)
    static func ipv4Address(_ host: UnsafeBufferPointer<UInt8>) -> IPv4Address? {
        #if canImport(Glibc)
            // What this cannot read, the slow path can.
            IPv4Address(swiftly: host)
        #else
            try? IPv4Address(utf8: host)
        #endif
    }

    @inlinable
    @inline(__always)
    static func ipv6Address(_ host: UnsafeBufferPointer<UInt8>) -> IPv6Address? {
        #if canImport(Glibc)
            IPv6Address(swiftly: host)
        #else
            try? IPv6Address(utf8: host)
        #endif
    }

    /// Whether a plain literal is always answered with its own address. Not on Darwin: on a NAT64 network an IPv4
    /// literal may be answered with an IPv6 address.
    @inlinable static var isToBeTrusted: Bool {
        #if canImport(Darwin)
            false
        #else
            true
        #endif
    }

    /// AI_PASSIVE, AI_NUMERICHOST, AI_NUMERICSERV, AI_V4MAPPED and AI_ALL, as glibc and Musl number them.
    @inlinable static var flagsWithoutEffect: Int32 { 0x1 | 0x4 | 0x400 | 0x8 | 0x10 }

    /// `AF_INET6`, as Linux numbers it.
    @inlinable static var ipv6Family: Int32 { 10 }
}
