// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// What the bytes of a host say at a glance; enough for every host but those shaped like IPv6.
enum HostShape {
    case ipv4(IPv4Address)

    /// An IPv4 address with a `%` behind it: a name to the C library, a slip to a person.
    case ipv4WithZone

    /// A colon among the first five bytes: an IPv6 address, or none at all.
    case ipv6

    case empty
    case name

    init(_ text: String) {
        self = text.withUTF8Bytes { HostShape($0) }
    }

    init(_ text: Substring) {
        self = text.utf8.withContiguousStorageIfAvailable { HostShape($0) } ?? HostShape(String(text))
    }

    // Names leave here, most of them on their first bytes: an IPv6 address has a colon among its first five, an IPv4
    // one has none there and begins with a digit.
    private init(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let first = bytes.first else {
            self = .empty
            return
        }
        for offset in 0..<min(5, bytes.count) where bytes[offset] == UInt8(ascii: ":") {
            self = .ipv6
            return
        }
        guard first &- UInt8(ascii: "0") < 10, let (address, length) = IPv4Address.inetAton(prefixOf: bytes) else {
            self = .name
            return
        }
        if length == bytes.count {
            self = .ipv4(address)
        } else {
            self = bytes[length] == UInt8(ascii: "%") ? .ipv4WithZone : .name
        }
    }
}
