// SPDX-License-Identifier: Apache-2.0

/// The interfaces of this machine as a value: their names and indexes, and which families have addresses.
@available(FairDial 0.1, *)
public struct InterfaceTable: Hashable, Sendable {
    /// One address of an interface, as far as it matters here.
    public enum Address: Hashable, Sendable {
        /// `127.0.0.1`, whether or not its interface is up.
        case loopbackIPv4
        /// `::1`.
        case loopbackIPv6
        /// Any other IPv4 address.
        case ipv4
        /// Any other IPv6 address.
        case ipv6
    }

    private let indexes: [[UInt8]: UInt32]

    /// Whether there is an IPv4 address other than `127.0.0.1`: what `AI_ADDRCONFIG` counts.
    public let hasIPv4: Bool

    /// Whether there is an IPv6 address other than `::1`.
    public let hasIPv6: Bool

    /// Whether `127.0.0.1` is there.
    let hasLoopbackIPv4: Bool

    /// Whether `::1` is there.
    let hasLoopbackIPv6: Bool

    /// A table from names, alternative names included, and addresses.
    public init(names: [(name: String, index: UInt32)], addresses: Set<Address>) {
        self.init(nameBytes: names.map { (Array($0.name.utf8), $0.index) }, addresses: addresses)
    }

    init(nameBytes: [(name: [UInt8], index: UInt32)], addresses: Set<Address>) {
        indexes = Dictionary(nameBytes.map { ($0.name, $0.index) }) { first, _ in first }
        hasIPv4 = addresses.contains(.ipv4)
        hasIPv6 = addresses.contains(.ipv6)
        hasLoopbackIPv4 = addresses.contains(.loopbackIPv4)
        hasLoopbackIPv6 = addresses.contains(.loopbackIPv6)
    }

    /// The index of an interface; `nil` when there is none of that name.
    ///
    /// As for `if_nametoindex` on Linux, what follows a colon is an alias's number and does not matter, and a name has
    /// 15 bytes at most.
    public func index(of name: some Collection<UInt8>) -> UInt32? {
        let longest = 15
        guard name.count <= longest, !name.contains(0) else { return nil }
        return indexes[Array(name.prefix { $0 != UInt8(ascii: ":") })]
    }
}
