// SPDX-License-Identifier: Apache-2.0

extension IPAddress: CustomStringConvertible {
    /// Parses an address of either family; an IPv6 one may have a `%zone`, an interface's index or name (RFC 4007 §11).
    ///
    /// An index is 1 … 4294967295 in decimal digits. Anything else is a name, of 15 bytes at most, without white space,
    /// `/` or `%`; whether there is such an interface is not looked at.
    /// - Throws: `AddressParseError`, naming the first byte that cannot be accepted.
    public init(_ text: some StringProtocol) throws(AddressParseError) {
        let percent = text.utf8.firstIndex(of: UInt8(ascii: "%"))
        let address = text[..<(percent ?? text.endIndex)]
        guard address.utf8.contains(UInt8(ascii: ":")) else {
            let bits = try IPv4Address(address)
            if percent != nil { throw AddressParseError(.zoneOnIPv4, at: address.utf8.count) }
            self = .v4(bits)
            return
        }
        let bits = try IPv6Address(address)
        guard let percent else {
            self = .v6(bits, zone: nil)
            return
        }
        let zone = text[text.utf8.index(after: percent)...]
        guard let zone = Zone(zone) else { throw AddressParseError(.badZone, at: address.utf8.count + 1) }
        self = .v6(bits, zone: zone)
    }

    /// The address, and its zone after `%`.
    public var description: String {
        switch self {
        case .v4(let address): "\(address)"
        case .v6(let address, nil): "\(address)"
        case .v6(let address, let zone?): "\(address)%\(zone)"
        }
    }
}

extension IPAddress: Comparable {
    /// IPv4 before IPv6, then the order of the numbers, then that of the zones.
    public static func < (left: IPAddress, right: IPAddress) -> Bool {
        switch (left, right) {
        case (.v4(let left), .v4(let right)): left < right
        case (.v4, .v6): true
        case (.v6, .v4): false
        case (.v6(let left, let leftZone), .v6(let right, let rightZone)):
            left == right ? Zone.isOrdered(leftZone, before: rightZone) : left < right
        }
    }
}
