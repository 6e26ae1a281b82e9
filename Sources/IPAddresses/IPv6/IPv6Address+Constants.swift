// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension IPv6Address {
    /// `::`: no address, or any (RFC 4291 §2.5.2).
    public static let unspecified = IPv6Address(high: 0, low: 0)

    /// `::1`: this machine (RFC 4291 §2.5.3).
    public static let loopback = IPv6Address(high: 0, low: 1)

    /// The IPv4 address in an IPv4-mapped one, `::ffff:0:0/96` (RFC 4291 §2.5.5.2); `nil` for others.
    public var mappedIPv4: IPv4Address? {
        guard high == 0, low >> 32 == 0xFFFF else { return nil }
        return IPv4Address(bits: UInt32(truncatingIfNeeded: low))
    }

    /// The IPv4-mapped form of an IPv4 address (RFC 4291 §2.5.5.2).
    public init(mapping address: IPv4Address) {
        self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(address.bits))
    }
}
