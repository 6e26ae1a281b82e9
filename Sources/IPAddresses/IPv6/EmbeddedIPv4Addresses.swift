// SPDX-License-Identifier: Apache-2.0

/// The IPv4 addresses that an IPv6 address carries, or may carry; they lie in the value itself.
@available(FairDial 0.1, *)
public struct EmbeddedIPv4Addresses: RandomAccessCollection, Hashable, Sendable {
    // Six NAT64 prefixes can contain one address, and of the other formats four at most come together.
    private var bits = SIMD16<UInt32>()

    /// One behind the last.
    public private(set) var endIndex = 0

    /// Always 0.
    public var startIndex: Int { 0 }

    /// Whether the address around them is nothing but a way to write or to reach them, so that they are checked in its
    /// stead.
    ///
    /// It is not for ISATAP and a network's own NAT64 prefixes, `64:ff9b:1::/48` among them: those prefixes belong to
    /// an operator, who may have used them for something else.
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
