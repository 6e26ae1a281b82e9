// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// Why a text that is meant as an address is none, so that a lookup would be pointless.
@available(FairDial 0.1, *)
@nonexhaustive
public enum NumericHostRefusal: Error, Hashable, Sendable {
    /// No text at all.
    case empty

    /// Shaped like an IPv6 address (a colon among its first five bytes) without being one.
    case malformed(AddressParseError)

    /// An IPv4 address with a `%`: those have no zones.
    case zoneOnIPv4

    /// An address as `inet_aton` alone reads it, where the reading is to be strict; and what it would have meant.
    case legacyForm(IPv4Address)

    /// Nothing after the `%`.
    case emptyZone

    /// An interface's index beyond 2³² − 1.
    case zoneTooLarge

    /// A zone by name on an address that is neither link-local nor link- or interface-local multicast.
    case namedZoneBeyondLink(String)

    /// No interface of this machine has that name now.
    case unknownInterface(String)

    /// The system could not be asked for the interface, as when descriptors have run out: no address is to blame, and
    /// later it may work.
    ///
    /// `errno` is what `if_nametoindex` left: glibc gives `ENOENT` where it could open no socket to ask with.
    case interfacesUnavailable(errno: Int32)
}

@available(FairDial 0.1, *)
extension NumericHostRefusal: CustomStringConvertible {
    /// One sentence for a person.
    public var description: String {
        switch self {
        case .empty: "the host is empty"
        case .malformed(let error): "not an IPv6 address: \(error)"
        case .zoneOnIPv4: "an IPv4 address cannot have a zone"
        case .legacyForm(let address): "\(LegacyForm.host(address))"
        case .emptyZone: "no zone after the %"
        case .zoneTooLarge: "an interface's index is at most 4294967295"
        case .namedZoneBeyondLink(let name):
            "the zone \(Self.quoted(name)) names an interface, which only a link-local address can have"
        case .unknownInterface(let name): "no interface \(Self.quoted(name)) on this machine"
        case .interfacesUnavailable(let number): "the interface could not be looked up: errno \(number)"
        }
    }

    /// The name for a log line: at most 32 characters of it, and no control characters.
    private static func quoted(_ name: String) -> String {
        let start = name.unicodeScalars.prefix(32).map { $0.isPrintable ? $0 : "\u{FFFD}" }
        let rest = name.unicodeScalars.dropFirst(32).isEmpty ? "" : "…"
        return "\"" + String(String.UnicodeScalarView(start)) + rest + "\""
    }
}
