// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses

/// Values for round trips, with zeros and edges more often than chance gives them.
enum RandomValues {
    static func ipv4(using generator: inout SeededGenerator) -> IPv4Address {
        let octets = (0..<4).map { _ in [0, 1, 9, 10, 99, 100, 199, 200, 255, generator.next() & 0xFF].pick(&generator)
        }
        return IPv4Address(bits: octets.reduce(0) { $0 << 8 | UInt32($1) })
    }

    /// Every other group is zero, so that runs of all lengths come up.
    static func ipv6(using generator: inout SeededGenerator) -> IPv6Address {
        let halves = (0..<2).map { _ in
            (0..<4).reduce(UInt64(0)) { half, _ in
                half << 16 | [0, 0, 0, 0, 1, 0xF, 0x10, 0xFFFF, generator.next() & 0xFFFF].pick(&generator)
            }
        }
        // One of eight is mapped or compatible, so that the IPv4 tail comes up.
        switch generator.next() & 0xF {
        case 0: return IPv6Address(mapping: ipv4(using: &generator))
        case 1: return IPv6Address(high: 0, low: UInt64(ipv4(using: &generator).bits))
        default: return IPv6Address(high: halves[0], low: halves[1])
        }
    }

    static func zone(using generator: inout SeededGenerator) -> Zone? {
        switch generator.next() & 3 {
        case 0: return .index([1, 2, 10, .max, UInt32.random(in: 1 ... .max, using: &generator)].pick(&generator))
        case 1:
            let letters = Array("ethwlpsbrdockerlo0123456789.-_:[]é")
            let tail = (0..<Int.random(in: 0...7, using: &generator)).map { _ in letters.pick(&generator) }
            return InterfaceName("e" + String(tail)).map(Zone.name)
        default: return nil
        }
    }

    static func address(using generator: inout SeededGenerator) -> IPAddress {
        Bool.random(using: &generator)
            ? .v4(ipv4(using: &generator)) : .v6(ipv6(using: &generator), zone: zone(using: &generator))
    }

    static func endpoint(using generator: inout SeededGenerator) -> Endpoint {
        let port = [0, 1, 80, 443, .max, UInt16.random(in: 0 ... .max, using: &generator)].pick(&generator)
        return Endpoint(address: address(using: &generator), port: port)
    }

    static func network(using generator: inout SeededGenerator) -> IPNetwork? {
        let address = address(using: &generator)
        let longest = address.family == .ipv4 ? 32 : 128
        return IPNetwork(containing: address, prefixLength: Int.random(in: 0...longest, using: &generator))
    }
}
