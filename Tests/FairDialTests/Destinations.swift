// SPDX-License-Identifier: Apache-2.0

import FairDial
import IPAddresses

/// The addresses that the dials of these tests go to: RFC 3849's and RFC 5737's, which are reserved for documentation.
enum Destinations {
    static let six1 = IPAddress.v6(IPv6Address(high: 0x2001_0DB8_0000_0000, low: 1), zone: nil)
    static let six2 = IPAddress.v6(IPv6Address(high: 0x2001_0DB8_0000_0000, low: 2), zone: nil)
    static let six3 = IPAddress.v6(IPv6Address(high: 0x2001_0DB8_0000_0000, low: 3), zone: nil)
    static let four1 = IPAddress.v4(IPv4Address(bits: 0xC000_0201))
    static let four2 = IPAddress.v4(IPv4Address(bits: 0xC000_0202))

    static func to(_ address: IPAddress, port: UInt16 = 80) -> Destination {
        .internet(Endpoint(address: address, port: port))
    }
}

/// An instant, from the start of a dial or race.
func at(_ milliseconds: Int) -> Duration { .milliseconds(milliseconds) }
