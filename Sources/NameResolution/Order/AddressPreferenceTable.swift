// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// Labels and precedences of prefixes, by which destinations are ordered. IPv4 addresses count as IPv4-mapped ones.
///
/// - Source: RFC 6724 §2.1, where it is called the policy table.
@available(FairDial 0.1, *)
package struct AddressPreferenceTable: Hashable, Sendable {
    /// One row.
    package struct Row: Hashable, Sendable {
        /// The prefix: the upper 64 bits, the lower 64 bits, and how many count.
        let high: UInt64
        let low: UInt64
        let length: Int
        /// Higher is better.
        let precedence: Int
        /// Source and destination with the same label belong together.
        let label: Int
    }

    let rows: [Row]

    /// RFC 6724 §2.1.
    package static let rfc6724 = AddressPreferenceTable(rows: [
        Row(high: 0, low: 1, length: 128, precedence: 50, label: 0),
        Row(high: 0, low: 0xFFFF_0000_0000, length: 96, precedence: 35, label: 4),
        Row(high: 0, low: 0, length: 96, precedence: 1, label: 3),
        Row(high: 0x2001_0000_0000_0000, low: 0, length: 32, precedence: 5, label: 5),
        Row(high: 0x2002_0000_0000_0000, low: 0, length: 16, precedence: 30, label: 2),
        Row(high: 0x3FFE_0000_0000_0000, low: 0, length: 16, precedence: 1, label: 12),
        Row(high: 0xFEC0_0000_0000_0000, low: 0, length: 10, precedence: 1, label: 11),
        Row(high: 0xFC00_0000_0000_0000, low: 0, length: 7, precedence: 3, label: 13),
        Row(high: 0, low: 0, length: 0, precedence: 40, label: 1),
    ])

    /// glibc's, which follows RFC 3484 §2.1 with labels added; used where the answer must be the C library's.
    package static let glibc = AddressPreferenceTable(rows: [
        Row(high: 0, low: 1, length: 128, precedence: 50, label: 0),
        Row(high: 0, low: 0xFFFF_0000_0000, length: 96, precedence: 10, label: 4),
        Row(high: 0, low: 0, length: 96, precedence: 20, label: 3),
        Row(high: 0x2001_0000_0000_0000, low: 0, length: 32, precedence: 40, label: 7),
        Row(high: 0x2002_0000_0000_0000, low: 0, length: 16, precedence: 30, label: 2),
        Row(high: 0xFEC0_0000_0000_0000, low: 0, length: 10, precedence: 40, label: 5),
        Row(high: 0xFC00_0000_0000_0000, low: 0, length: 7, precedence: 40, label: 6),
        Row(high: 0, low: 0, length: 0, precedence: 40, label: 1),
    ])

    /// The row of the longest prefix that an address has.
    func row(for address: IPAddress) -> Row {
        let bits: IPv6Address
        switch address {
        case .v4(let address): bits = IPv6Address(mapping: address)
        case .v6(let address, _): bits = address
        }
        // The rows stand with the longest prefixes first, and the last one fits everything.
        return rows.first { $0.contains(bits) } ?? Row(high: 0, low: 0, length: 0, precedence: 40, label: 1)
    }
}

@available(FairDial 0.1, *)
extension AddressPreferenceTable.Row {
    fileprivate func contains(_ address: IPv6Address) -> Bool {
        let highMask = length == 0 ? 0 : UInt64.max << UInt64(64 - min(length, 64))
        let lowMask = length <= 64 ? 0 : UInt64.max << UInt64(128 - length)
        return address.high & highMask == high && address.low & lowMask == low
    }
}
