// SPDX-License-Identifier: Apache-2.0

/// The IPv4 addresses that an IPv6 address carries, or may carry; they lie in the value itself.
@available(FairDial 0.1, *)
public struct EmbeddedIPv4Addresses: RandomAccessCollection, Hashable, Sendable {
    // At most ten are used. Six NAT64 prefixes can contain an address, one of each length (RFC 6052 §2.2); the other
    // formats add four at most, one for each offset in `64:ff9b:1::/48`.
    private var bits = SIMD16<UInt32>()

    /// One behind the last.
    public private(set) var endIndex = 0

    /// Always 0.
    public var startIndex: Int { 0 }

    /// Whether the IPv6 address is only a way to write or to reach these IPv4 addresses, so that a policy checks them
    /// in its stead.
    ///
    /// ISATAP and a network's own NAT64 prefixes, `64:ff9b:1::/48` among them, do not make it `true`: those prefixes
    /// belong to an operator, who may use them for other addresses.
    public private(set) var areAllThatIsReached = false

    /// None.
    public init() {}

    /// One of them.
    public subscript(position: Int) -> IPv4Address {
        precondition(indices.contains(position), "index out of range")
        return IPv4Address(bits: bits[position])
    }

    mutating func append(_ address: IPv4Address, isAllThatIsReached: Bool) {
        if isAllThatIsReached { areAllThatIsReached = true }
        guard !contains(address) else { return }
        bits[endIndex] = address.bits
        endIndex += 1
    }
}
