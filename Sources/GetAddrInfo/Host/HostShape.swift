// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// What the first bytes of a host show; enough for every host but those shaped like IPv6.
@available(FairDial 0.1, *)
enum HostShape {
    /// Dotted decimal.
    case ipv4(IPv4Address)

    /// What `inet_aton` reads and `inet_pton` does not.
    case legacyIPv4(IPv4Address)

    /// An IPv4 address with a `%` behind it: a name to the C library, and probably a mistake.
    case ipv4WithZone

    /// A colon among the first five bytes: an IPv6 address, or none at all.
    case ipv6

    case empty
    case name

    // Names return here, most of them after their first bytes: an IPv6 address has a colon among its first five, an
    // IPv4 one has none there and begins with a digit.
    @inline(__always)
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let first = bytes.first else {
            self = .empty
            return
        }
        if first &- UInt8(ascii: "0") < 10, let address = IPv4Address(swiftly: bytes) {
            self = .ipv4(address)
            return
        }
        for offset in 0..<min(5, bytes.count) where bytes[offset] == UInt8(ascii: ":") {
            self = .ipv6
            return
        }
        self = first &- UInt8(ascii: "0") < 10 ? Self.beginningWithDigit(bytes) : .name
    }

    @inline(never)
    private static func beginningWithDigit(_ bytes: UnsafeBufferPointer<UInt8>) -> HostShape {
        guard let (address, length) = IPv4Address.inetAton(prefixOf: bytes) else { return .name }
        guard length == bytes.count else { return bytes[length] == UInt8(ascii: "%") ? .ipv4WithZone : .name }
        return (try? IPv4Address(utf8: bytes)) == address ? .ipv4(address) : .legacyIPv4(address)
    }
}
