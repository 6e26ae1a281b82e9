// SPDX-License-Identifier: Apache-2.0

/// The type of a record or of a question (RFC 1035 §3.2.2, RFC 6895 §3.1).
@available(FairDial 0.1, *)
public struct RecordType: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    public let rawValue: UInt16

    /// A type by its number.
    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// An IPv4 address (RFC 1035 §3.4.1).
    @inlinable public static var a: RecordType { RecordType(rawValue: 1) }
    /// A server of the zone (RFC 1035 §3.3.11).
    @inlinable public static var ns: RecordType { RecordType(rawValue: 2) }
    /// Another name (RFC 1035 §3.3.1).
    @inlinable public static var cname: RecordType { RecordType(rawValue: 5) }
    /// A zone's start (RFC 1035 §3.3.13).
    @inlinable public static var soa: RecordType { RecordType(rawValue: 6) }
    /// A name, mostly of an address (RFC 1035 §3.3.12).
    @inlinable public static var ptr: RecordType { RecordType(rawValue: 12) }
    /// Where mail goes (RFC 1035 §3.3.9).
    @inlinable public static var mx: RecordType { RecordType(rawValue: 15) }
    /// Texts (RFC 1035 §3.3.14).
    @inlinable public static var txt: RecordType { RecordType(rawValue: 16) }
    /// An IPv6 address (RFC 3596 §2.1).
    @inlinable public static var aaaa: RecordType { RecordType(rawValue: 28) }
    /// Where a service is (RFC 2782).
    @inlinable public static var srv: RecordType { RecordType(rawValue: 33) }
    /// A rule that rewrites (RFC 3403 §4).
    @inlinable public static var naptr: RecordType { RecordType(rawValue: 35) }
    /// Another name for everything below (RFC 6672).
    @inlinable public static var dname: RecordType { RecordType(rawValue: 39) }
    /// What EDNS adds to a message (RFC 6891 §6.1).
    @inlinable public static var opt: RecordType { RecordType(rawValue: 41) }
    /// Where a service is, and how (RFC 9460).
    @inlinable public static var svcb: RecordType { RecordType(rawValue: 64) }
    /// The same for HTTP (RFC 9460 §9).
    @inlinable public static var https: RecordType { RecordType(rawValue: 65) }
    /// Who may issue certificates (RFC 8659).
    @inlinable public static var caa: RecordType { RecordType(rawValue: 257) }
    /// In questions alone: every type that there is (RFC 8482).
    @inlinable public static var any: RecordType { RecordType(rawValue: 255) }

    private static let names: [RecordType: String] = [
        .a: "A", .ns: "NS", .cname: "CNAME", .soa: "SOA", .ptr: "PTR", .mx: "MX", .txt: "TXT", .aaaa: "AAAA",
        .srv: "SRV", .naptr: "NAPTR", .dname: "DNAME", .opt: "OPT", .svcb: "SVCB", .https: "HTTPS", .caa: "CAA",
        .any: "ANY",
    ]

    private static let types = Dictionary(uniqueKeysWithValues: names.map { ($0.value, $0.key) })

    /// Reads a mnemonic, in any case, or `TYPE` and a number (RFC 3597 §5); `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        let text = text.uppercased()
        let generic = "TYPE"
        if let type = Self.types[text] {
            self = type
        } else if text.hasPrefix(generic), let number = Self.number(text.dropFirst(generic.count)) {
            self.init(rawValue: number)
        } else {
            return nil
        }
    }

    private static func number(_ digits: Substring) -> UInt16? {
        digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt16(digits) : nil
    }
}

@available(FairDial 0.1, *)
extension RecordType: CustomStringConvertible {
    /// The mnemonic, or `TYPE65400` (RFC 3597 §5).
    public var description: String {
        Self.names[self] ?? "TYPE\(rawValue)"
    }
}
