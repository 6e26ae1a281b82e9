// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import IPAddresses

let six1 = address6(1), six2 = address6(2), six3 = address6(3)
let four1 = address4(1), four2 = address4(2)

/// `2001:db8::N`, port 80.
func address6(_ number: UInt64) -> Destination {
    to(.v6(IPv6Address(high: 0x2001_0db8_0000_0000, low: number), zone: nil))
}

/// `192.0.2.N`, port 80.
func address4(_ number: UInt32) -> Destination {
    to(.v4(IPv4Address(bits: 0xC000_0200 + number)))
}

func to(_ address: IPAddress, port: UInt16 = 80) -> Destination {
    .internet(Endpoint(address: address, port: port))
}

func at(_ milliseconds: Int) -> Duration { .milliseconds(milliseconds) }
