// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// A host as `getaddrinfo` reads one before it looks anything up: an address, or not one.
///
/// IPv4 is read as `inet_aton` reads it, with nothing left over (`127.1`, `0x7f.1` and `2130706433` are 127.0.0.1;
/// this is glibc's reading, and Musl's), IPv6 as `inet_pton` does, with a zone after `%` where there is one. It costs
/// no system call, unless the zone is a *name*.
///
/// On a NAT64 network macOS may answer an IPv4 literal with an IPv6 address of its own making; this reading does not
/// know of it.
@available(FairDial 0.1, *)
@nonexhaustive
public enum NumericHost: Hashable, Sendable {
    /// An address. A zone is given as an interface's index; `%0` is no zone.
    case address(IPAddress)

    /// Not meant as an address: it needs a lookup.
    ///
    /// A few bytes show that it is a name; whether the rest of it is a valid host name is not checked.
    case name

    /// Meant as an address, but not one: a lookup would be pointless.
    case refused(NumericHostRefusal)

    /// Reads a host.
    ///
    /// A zone of digits alone is an interface's index, on any IPv6 address, and is not checked against the interfaces
    /// that exist.
    ///
    /// This differs from glibc in one case: on a link-local address, glibc first looks for an interface that is *named*
    /// by those digits, with three system calls; a literal never waits here, so `fe80::1%4` is index 4 even beside an
    /// interface called "4".
    ///
    /// Any other zone is an interface's name, and only on link-local addresses (fe80::/10) and on interface- and
    /// link-local multicast (RFC 4007 §11, RFC 4291 §2.7).
    /// - Parameters:
    ///   - text: the host.
    ///   - strictness: whether the forms of `inet_aton` are read or refused.
    ///   - facts: used only for a zone that is a name; without interfaces in them the system is asked for that one.
    @inlinable
    public init(
        _ text: String,
        strictness: Strictness = .system,
        knowing facts: @autoclosure () -> LocalFacts = .unknown
    ) {
        // Names, and with them most lookups, return here.
        if text.utf8.withContiguousStorageIfAvailable({ PlainQuestion.isName($0) }) == true {
            self = .name
        } else {
            self = Self.read(text, strictness, facts)
        }
    }

    /// Reads a host from a part of a text.
    @inlinable
    public init(
        _ text: Substring,
        strictness: Strictness = .system,
        knowing facts: @autoclosure () -> LocalFacts = .unknown
    ) {
        self.init(String(text), strictness: strictness, knowing: facts())
    }

    /// Reads a host from bytes, which need not be valid UTF-8 and need no NUL behind them.
    @inlinable
    public init(
        utf8 bytes: UnsafeBufferPointer<UInt8>,
        strictness: Strictness = .system,
        knowing facts: @autoclosure () -> LocalFacts = .unknown
    ) {
        if PlainQuestion.isName(bytes) { self = .name } else { self = Self.read(bytes, strictness, facts) }
    }

    @usableFromInline
    @inline(never)
    static func read(_ text: String, _ strictness: Strictness, _ facts: () -> LocalFacts) -> NumericHost {
        text.withUTF8Bytes { read($0, strictness, facts) }
    }

    @usableFromInline
    static func read(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ strictness: Strictness,
        _ facts: () -> LocalFacts
    ) -> NumericHost {
        switch HostShape(bytes) {
        case .name: .name
        case .ipv4(let address): .address(.v4(address))
        case .legacyIPv4(let address):
            strictness == .strict ? .refused(.legacyForm(address)) : .address(.v4(address))
        case .ipv6: NumericHost(shapedLikeIPv6: bytes, facts)
        case .ipv4WithZone: .refused(.zoneOnIPv4)
        case .empty: .refused(.empty)
        }
    }

    private init(shapedLikeIPv6 bytes: UnsafeBufferPointer<UInt8>, _ facts: () -> LocalFacts) {
        let host: ZonedIPv6
        do {
            host = try ZonedIPv6(bytes)
        } catch {
            self = .refused(.malformed(error))
            return
        }
        guard let zone = host.zone else {
            self = .address(.v6(host.address, zone: nil))
            return
        }
        do {
            let scope = try ScopeID(zone, mayBeNamed: host.address.isScopedToLink) { facts().interfaces() }
            self = .address(.v6(host.address, zone: scope.index == 0 ? nil : .index(scope.index)))
        } catch {
            self = .refused(error)
        }
    }

    /// The address with a port, for a dial that needs no text.
    ///
    /// - Returns: `nil` for a name, which needs a lookup.
    /// - Throws: `NumericHostRefusal` where the host was meant as an address and is none.
    public func endpoint(port: UInt16) throws(NumericHostRefusal) -> Endpoint? {
        switch self {
        case .address(let address): Endpoint(address: address, port: port)
        case .name: nil
        case .refused(let refusal): throw refusal
        }
    }
}
