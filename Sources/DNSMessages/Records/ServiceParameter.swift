// SPDX-License-Identifier: Apache-2.0

/// One thing that a service binding says of its endpoints: a key and a value (RFC 9460 §2.2).
@available(FairDial 0.1, *)
public struct ServiceParameter: Hashable, Sendable {
    /// A parameter's key (RFC 9460 §14.3.2).
    public struct Key: RawRepresentable, Hashable, Comparable, Sendable {
        /// The number on the wire.
        public let rawValue: UInt16

        /// A key by its number.
        public init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        /// The keys that a client must understand, or leave the record alone (§8).
        public static let mandatory = Key(rawValue: 0)
        /// The protocols offered (§7.1).
        public static let alpn = Key(rawValue: 1)
        /// The scheme's own protocol is not offered (§7.1).
        public static let noDefaultALPN = Key(rawValue: 2)
        /// The port (§7.2).
        public static let port = Key(rawValue: 3)
        /// Addresses of the target, to begin with (§7.3).
        public static let ipv4Hint = Key(rawValue: 4)
        /// Encrypted ClientHello (RFC 9848).
        public static let ech = Key(rawValue: 5)
        /// Addresses of the target, to begin with (§7.3).
        public static let ipv6Hint = Key(rawValue: 6)
        /// Where DNS over HTTPS is asked (RFC 9461 §5).
        public static let dohPath = Key(rawValue: 7)
        /// No key at all (§14.3.2).
        public static let invalid = Key(rawValue: 65_535)

        static let names: [Key: String] = [
            .mandatory: "mandatory", .alpn: "alpn", .noDefaultALPN: "no-default-alpn", .port: "port",
            .ipv4Hint: "ipv4hint", .ech: "ech", .ipv6Hint: "ipv6hint", .dohPath: "dohpath",
        ]

        /// By number, as they stand on the wire.
        public static func < (left: Key, right: Key) -> Bool { left.rawValue < right.rawValue }
    }

    /// The key.
    public var key: Key

    /// The value as it stands on the wire.
    public var value: [UInt8]

    /// A parameter from its parts.
    public init(key: Key, value: [UInt8]) {
        self.key = key
        self.value = value
    }
}

@available(FairDial 0.1, *)
extension ServiceParameter.Key: CustomStringConvertible {
    /// `alpn`, or `key667`.
    public var description: String {
        Self.names[self] ?? "key\(rawValue)"
    }
}
