// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension IPAddress: CustomStringConvertible {
    /// Parses an address of either family; an IPv6 one may have a `%zone`, an interface's index or name (RFC 4007 §11).
    ///
    /// An index is 1 … 4294967295 in decimal digits. Anything else is a name, of 15 bytes at most, without white space,
    /// `/` or `%`; whether there is such an interface is not looked at.
    /// - Throws: `AddressParseError`, naming the first byte that cannot be accepted.
    public init(_ text: some StringProtocol) throws(AddressParseError) {
        self = try UTF8Reading.read(text) { bytes throws(AddressParseError) in try IPAddress(utf8: bytes) }
    }

    /// Parses an address of either family from bytes, which need not be valid UTF-8 and need no NUL behind them.
    public init(utf8 bytes: UnsafeBufferPointer<UInt8>) throws(AddressParseError) {
        if let ipv4 = IPv4Address(swiftly: bytes) {
            self = .v4(ipv4)
        } else if let ipv6 = IPv6Address(swiftly: bytes) {
            self = .v6(ipv6, zone: nil)
        } else {
            try self.init(withZone: bytes)
        }
    }

    private init(withZone bytes: UnsafeBufferPointer<UInt8>) throws(AddressParseError) {
        let percent = bytes.firstIndex(of: UInt8(ascii: "%"))
        let address = UnsafeBufferPointer(rebasing: bytes[..<(percent ?? bytes.endIndex)])
        guard address.contains(UInt8(ascii: ":")) else {
            let ipv4 = try IPv4Address(utf8: address)
            if percent != nil { throw AddressParseError(.zoneOnIPv4, at: address.count) }
            self = .v4(ipv4)
            return
        }
        let ipv6 = try IPv6Address(utf8: address)
        guard let percent else {
            self = .v6(ipv6, zone: nil)
            return
        }
        guard let zone = Zone(utf8: UnsafeBufferPointer(rebasing: bytes[(percent + 1)...])) else {
            throw AddressParseError(.badZone, at: percent + 1)
        }
        self = .v6(ipv6, zone: zone)
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

@available(FairDial 0.1, *)
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
