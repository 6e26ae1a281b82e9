// SPDX-License-Identifier: Apache-2.0

import CSockets
package import IPAddresses

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Asks the kernel which address it would send from. No packet is sent, and nothing waits.
@available(FairDial 0.1, *)
package enum SourceAddresses {
    /// The addresses in destination order (RFC 6724 §6); as they are when there is nothing to order.
    package static func sort(_ addresses: [IPAddress], by order: DestinationOrder = DestinationOrder()) -> [IPAddress] {
        guard let first = addresses.first, addresses.contains(where: { $0 != first }) else { return addresses }
        return order.sorted(candidates(for: addresses))
    }

    /// Each address with the one that this machine would send from.
    ///
    /// Connecting a UDP socket chooses the source and sends nothing. Where the process has no descriptor left, the
    /// kernel is not asked and the addresses count as unreachable: then only the rules that need no source order them.
    package static func candidates(for addresses: [IPAddress]) -> [DestinationOrder.Candidate] {
        let needsPrefixes = addresses.filter { $0.family == .ipv4 }.count > 1
        let prefixes = needsPrefixes ? interfacePrefixes() : [:]
        return addresses.map { destination in
            let source = source(for: destination)
            var length: Int?
            if case .v4(let bits)? = source { length = prefixes[bits] }
            return DestinationOrder.Candidate(destination: destination, source: source, sourcePrefixLength: length)
        }
    }

    private static func source(for destination: IPAddress) -> IPAddress? {
        var address = sockaddr_storage()
        var length: socklen_t
        // Any port will do: the route does not depend on it.
        let discardPort: UInt16 = 9
        let family: Int32
        switch destination {
        case .v4(let bits):
            family = AF_INET
            length = fairdial_ipv4_address(&address, bits.bits, discardPort)
        case .v6(let bits, let zone):
            family = AF_INET6
            let scope: UInt32 = if case .index(let index) = zone { index } else { 0 }
            length = fairdial_ipv6_address(&address, bits.high, bits.low, scope, discardPort)
        }
        #if canImport(Darwin)
            let descriptor = socket(family, SOCK_DGRAM, 0)
        #else
            let descriptor = socket(family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        #endif
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard connect(descriptor, address, length) == 0 else { return nil }
                length = socklen_t(MemoryLayout<sockaddr_storage>.size)
                return getsockname(descriptor, address, &length) == 0 ? read(address) : nil
            }
        }
    }

    private static func read(_ address: UnsafePointer<sockaddr>) -> IPAddress? {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var scope: UInt32 = 0
        switch fairdial_read_address(address, &high, &low, &scope) {
        case 4: return .v4(IPv4Address(bits: UInt32(truncatingIfNeeded: low)))
        case 6: return .v6(IPv6Address(high: high, low: low), zone: scope == 0 ? nil : .index(scope))
        default: return nil
        }
    }

    /// The prefix length of each of this machine's IPv4 addresses; none where it has no IPv6 address but the loopback,
    /// because glibc does not ask for any there.
    private static func interfacePrefixes() -> [IPv4Address: Int] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [:] }
        defer { freeifaddrs(first) }
        var prefixes: [IPv4Address: Int] = [:]
        var hasIPv6 = false
        var next = first
        while let entry = next {
            next = entry.pointee.ifa_next
            guard let address = entry.pointee.ifa_addr else { continue }
            switch read(address) {
            case .v4(let bits)?:
                guard let mask = entry.pointee.ifa_netmask, case .v4(let maskBits)? = read(mask) else { continue }
                prefixes[bits] = maskBits.bits.nonzeroBitCount
            case .v6(let bits, _)?:
                if bits != .loopback { hasIPv6 = true }
            case nil:
                continue
            }
        }
        return hasIPv6 ? prefixes : [:]
    }
}
