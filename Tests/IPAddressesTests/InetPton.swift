// SPDX-License-Identifier: Apache-2.0

import IPAddresses

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The C library's reader, the oracle of what is an address; it cannot be asked about texts with a NUL.
enum InetPton {
    static func ipv4(_ text: String) -> IPv4Address? {
        var bits: UInt32 = 0
        guard inet_pton(AF_INET, text, &bits) == 1 else { return nil }
        return IPv4Address(bits: UInt32(bigEndian: bits))
    }

    static func ipv6(_ text: String) -> IPv6Address? {
        var halves: (UInt64, UInt64) = (0, 0)
        guard inet_pton(AF_INET6, text, &halves) == 1 else { return nil }
        return IPv6Address(high: UInt64(bigEndian: halves.0), low: UInt64(bigEndian: halves.1))
    }
}
