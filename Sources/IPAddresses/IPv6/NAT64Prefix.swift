// SPDX-License-Identifier: Apache-2.0

/// A prefix behind which a translator (NAT64) reaches IPv4 addresses; the IPv4 address follows the prefix (RFC 6052
/// §2.2).
///
/// A network has one of its own, or the well-known `64:ff9b::/96`. The network itself can be asked for it: see
/// `all(in:)`.
@available(FairDial 0.1, *)
public struct NAT64Prefix: Hashable, Sendable {
    /// The prefix: 32, 40, 48, 56, 64 or 96 bits.
    public let network: IPNetwork

    /// `64:ff9b::/96` (RFC 6052 §2.1).
    public static let wellKnown = NAT64Prefix(high: 0x0064_FF9B_0000_0000, low: 0, length: 96)

    /// The lengths that there are.
    private static let lengths = [32, 40, 48, 56, 64, 96]

    /// A network as such a prefix.
    ///
    /// - Returns: `nil` for an IPv4 network, for another length, and for one whose bits 64 … 71 are not zero.
    public init?(_ network: IPNetwork) {
        guard case .v6(let first, _) = network.address, Self.lengths.contains(network.prefixLength),
            first.low >> 56 == 0
        else { return nil }
        self.network = network
    }

    private init(high: UInt64, low: UInt64, length: Int) {
        let address = IPAddress.v6(IPv6Address(high: high, low: low), zone: nil)
        guard let network = IPNetwork(containing: address, prefixLength: length), let prefix = NAT64Prefix(network)
        else {
            preconditionFailure("\(address)/\(length) is no NAT64 prefix")
        }
        self = prefix
    }

    /// The IPv4 address that is reached through an address with this prefix; `nil` for an address without it.
    ///
    /// A translator may ignore the address's other bits, and so does this.
    public func embeddedIPv4(in address: IPv6Address) -> IPv4Address? {
        guard network.contains(.v6(address, zone: nil)) else { return nil }
        return address.embeddedIPv4(behind: network.prefixLength)
    }

    /// The prefixes of a network, from its answer for the IPv6 addresses of `ipv4only.arpa` (RFC 7050 §3): that name
    /// has IPv4 addresses alone, so any other comes from the network's translator, with its prefix before 192.0.0.170
    /// or 192.0.0.171.
    public static func all(in addresses: some Sequence<IPv6Address>) -> [NAT64Prefix] {
        var found: [NAT64Prefix] = []
        for address in addresses {
            for length in lengths where isWellKnownIPv4(address.embeddedIPv4(behind: length)) {
                guard let network = IPNetwork(containing: .v6(address, zone: nil), prefixLength: length),
                    let prefix = NAT64Prefix(network), !found.contains(prefix)
                else { continue }
                found.append(prefix)
            }
        }
        return found
    }

    private static func isWellKnownIPv4(_ address: IPv4Address) -> Bool {
        // 192.0.0.170 and its neighbour (RFC 7050 §2.2).
        address.bits & ~1 == 0xC000_00AA
    }
}

@available(FairDial 0.1, *)
extension IPv6Address {
    /// The IPv4 address behind a prefix of one of the six lengths; bits 64 … 71 are left out (RFC 6052 §2.2).
    func embeddedIPv4(behind length: Int) -> IPv4Address {
        // Bits 32 … 63 and 72 … 103, with nothing between them.
        let joined = high << 32 | low >> 24 & 0xFFFF_FFFF
        return switch length {
        case 96: IPv4Address(bits: UInt32(truncatingIfNeeded: low))
        default: IPv4Address(bits: UInt32(truncatingIfNeeded: joined >> UInt64(64 - length)))
        }
    }
}
