// SPDX-License-Identifier: Apache-2.0

import IPAddresses

extension IPAddress {
    /// An IPv6 address from one number.
    static func v6(_ bits: UInt128) -> IPAddress {
        .v6(IPv6Address(high: UInt64(truncatingIfNeeded: bits >> 64), low: UInt64(truncatingIfNeeded: bits)), zone: nil)
    }

    /// The address as one number.
    var number: UInt128 {
        switch self {
        case .v4(let address): UInt128(address.bits)
        case .v6(let address, _): UInt128(address.high) << 64 | UInt128(address.low)
        }
    }

    /// The address of the same family with that number; `nil` when it has none.
    func sibling(_ number: UInt128?) -> IPAddress? {
        guard let number else { return nil }
        switch self {
        case .v4: return UInt32(exactly: number).map { .v4(IPv4Address(bits: $0)) }
        case .v6: return .v6(number)
        }
    }

    var next: IPAddress? {
        let (sum, overflow) = number.addingReportingOverflow(1)
        return overflow ? nil : sibling(sum)
    }

    var previous: IPAddress? { number == 0 ? nil : sibling(number - 1) }
}

extension IPNetwork {
    /// The last address, by counting: the first and as many as the free bits can number.
    var lastAddress: IPAddress? {
        let free = (address.family == .ipv4 ? 32 : 128) - prefixLength
        let others: UInt128 = free == 128 ? .max : (1 << UInt128(free)) - 1
        return address.sibling(address.number + others)
    }
}
