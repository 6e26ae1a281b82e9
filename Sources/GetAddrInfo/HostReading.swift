// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// What the text of a host says by itself, before anyone judges its zone.
enum HostReading {
    case ipv4(IPv4Address)

    /// The text after the first `%` is the zone; `nil` without one.
    case ipv6(IPv6Address, zone: Substring?)

    /// An IPv4 address with a `%` behind it: a name to the C library, a slip to a person.
    case ipv4WithZone

    /// A colon among the first five bytes, but not an IPv6 address.
    case malformed(AddressParseError)

    case empty
    case name

    init(_ text: Substring) {
        switch text.utf8.withContiguousStorageIfAvailable(Self.byShape) {
        case .some(.some(let reading)):
            self = reading
        case .some(.none):
            self = Self.ipv6(text)
        case .none:
            // A text bridged from Objective-C may lie in pieces; a copy lies in one.
            var copy = String(text)
            self = copy.withUTF8(Self.byShape) ?? Self.ipv6(Substring(copy))
        }
    }

    /// Everything but what has the shape of an IPv6 address, which is `nil`.
    ///
    /// An IPv6 address has a colon among its first five bytes; an IPv4 one has none there and begins with a digit. Names
    /// leave here, most of them on their first bytes.
    private static func byShape(_ bytes: UnsafeBufferPointer<UInt8>) -> HostReading? {
        guard let first = bytes.first else { return .empty }
        if bytes.prefix(5).contains(UInt8(ascii: ":")) { return nil }
        guard first &- UInt8(ascii: "0") < 10, let (address, length) = IPv4Address.inetAton(prefixOf: bytes) else {
            return .name
        }
        if length == bytes.count { return .ipv4(address) }
        return bytes[length] == UInt8(ascii: "%") ? .ipv4WithZone : .name
    }

    private static func ipv6(_ text: Substring) -> HostReading {
        do {
            guard let percent = text.utf8.firstIndex(of: UInt8(ascii: "%")) else {
                return .ipv6(try IPv6Address(text), zone: nil)
            }
            return .ipv6(try IPv6Address(text[..<percent]), zone: text[text.utf8.index(after: percent)...])
        } catch {
            return .malformed(error)
        }
    }
}
