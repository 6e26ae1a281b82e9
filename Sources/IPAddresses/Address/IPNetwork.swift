// SPDX-License-Identifier: Apache-2.0

/// A network: an address and how many of its leading bits are fixed (RFC 4632 §3.1, RFC 4291 §2.3).
@available(FairDial 0.1, *)
public struct IPNetwork: Hashable, Sendable {
    /// The network's first address; no zone, and the bits behind the prefix are zero.
    public let address: IPAddress

    /// How many leading bits are fixed: 0 … 32 for IPv4, 0 … 128 for IPv6.
    public let prefixLength: Int

    /// The network that an address is in; its zone and the bits behind the prefix are dropped.
    ///
    /// - Returns: `nil` when the prefix length does not fit the address.
    public init?(containing address: IPAddress, prefixLength: Int) {
        switch address {
        case .v4(let bits):
            guard 0...32 ~= prefixLength else { return nil }
            self.address = .v4(IPv4Address(bits: bits.bits & Self.mask(prefixLength)))
        case .v6(let bits, _):
            guard 0...128 ~= prefixLength else { return nil }
            let high = bits.high & Self.mask(min(prefixLength, 64))
            let low = bits.low & Self.mask(max(prefixLength - 64, 0))
            self.address = .v6(IPv6Address(high: high, low: low), zone: nil)
        }
        self.prefixLength = prefixLength
    }

    /// Parses `10.0.0.0/8` or `2001:db8::/32`.
    ///
    /// - Throws: `AddressParseError`; `hostBitsSet` for `10.0.0.1/8`, which may mean the address or the network.
    public init(_ text: some StringProtocol) throws(AddressParseError) {
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            throw AddressParseError(.badPrefixLength, at: text.utf8.count)
        }
        let address = try IPAddress(text[..<slash])
        let offset = text[..<slash].utf8.count
        if case .v6(_, _?) = address { throw AddressParseError(.badZone, at: offset) }
        let length = text[text.utf8.index(after: slash)...]
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard !length.isEmpty, length.utf8.count <= 3, length.utf8.allSatisfy(digits.contains),
            let prefixLength = Int(length), let network = IPNetwork(containing: address, prefixLength: prefixLength)
        else { throw AddressParseError(.badPrefixLength, at: offset + 1) }
        guard network.address == address else { throw AddressParseError(.hostBitsSet, at: offset) }
        self = network
    }

    /// Whether the address is in the network; its zone does not matter. Families never mix, mapped addresses included.
    public func contains(_ address: IPAddress) -> Bool {
        switch (self.address, address) {
        case (.v4(let first), .v4(let other)):
            return (first.bits ^ other.bits) & Self.mask(prefixLength) == 0
        case (.v6(let first, _), .v6(let other, _)):
            let high = (first.high ^ other.high) & Self.mask(min(prefixLength, 64))
            let low = (first.low ^ other.low) & Self.mask(max(prefixLength - 64, 0))
            return high | low == 0
        case (.v4, .v6), (.v6, .v4):
            return false
        }
    }

    private static func mask<Bits: FixedWidthInteger & UnsignedInteger>(_ length: Int) -> Bits {
        length == 0 ? 0 : Bits.max << Bits(Bits.bitWidth - length)
    }
}

@available(FairDial 0.1, *)
extension IPNetwork: CustomStringConvertible {
    /// The first address and the prefix length: `10.0.0.0/8`.
    public var description: String { "\(address)/\(prefixLength)" }
}

@available(FairDial 0.1, *)
extension IPNetwork: Comparable {
    /// The order of the first addresses; of two with the same, the wider network first.
    public static func < (left: IPNetwork, right: IPNetwork) -> Bool {
        left.address == right.address ? left.prefixLength < right.prefixLength : left.address < right.address
    }
}
