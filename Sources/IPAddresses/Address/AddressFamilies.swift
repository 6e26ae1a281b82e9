// SPDX-License-Identifier: Apache-2.0

/// A set of address families: what a question asks for, what an answer settles.
@available(FairDial 0.1, *)
public struct AddressFamilies: OptionSet, Hashable, Sendable {
    /// Bit 0 is IPv4, bit 1 is IPv6.
    public let rawValue: UInt8

    /// A set from its bits.
    @inlinable
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// IPv4 alone: A records.
    @inlinable public static var ipv4: AddressFamilies { AddressFamilies(rawValue: 1) }

    /// IPv6 alone: AAAA records.
    @inlinable public static var ipv6: AddressFamilies { AddressFamilies(rawValue: 2) }

    /// Both families.
    @inlinable public static var both: AddressFamilies { AddressFamilies(rawValue: 3) }

    /// The set that holds just this family.
    @inlinable
    public init(_ family: AddressFamily) {
        switch family {
        case .ipv4: self = .ipv4
        case .ipv6: self = .ipv6
        }
    }

    /// Whether the family is in the set.
    @inlinable
    public func contains(_ family: AddressFamily) -> Bool {
        contains(AddressFamilies(family))
    }
}
