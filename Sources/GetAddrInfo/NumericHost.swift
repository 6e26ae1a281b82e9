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
@nonexhaustive
public enum NumericHost: Hashable, Sendable {
    /// An address. A zone is given as an interface's index; `%0` is no zone.
    case address(IPAddress)

    /// Not meant as an address: it needs a look-up.
    ///
    /// Names are told by a few of their bytes; whether the rest of them makes a host name is not looked at.
    case name

    /// Meant as an address and none: a look-up would be pointless.
    case refused(NumericHostRefusal)

    /// Reads a host.
    ///
    /// A zone of digits alone is an interface's index, on any IPv6 address, and is not checked against the interfaces
    /// that exist. This differs from glibc in one case: on a link-local address, glibc first looks for an interface
    /// that is *named* by those digits, with three system calls; a literal never waits here, so `fe80::1%4` is index
    /// 4 even beside an interface called "4". Any other zone is an interface's name, asked of the system, and only on
    /// link-local addresses (fe80::/10) and on interface- and link-local multicast (RFC 4007 §11, RFC 4291 §2.7).
    public init(_ text: String) {
        self.init(HostShape(text), of: text[...])
    }

    /// Reads a host from a part of a text.
    public init(_ text: Substring) {
        self.init(HostShape(text), of: text)
    }

    private init(_ shape: HostShape, of text: @autoclosure () -> Substring) {
        switch shape {
        case .name: self = .name
        case .ipv4(let address): self = .address(.v4(address))
        case .ipv6: self.init(shapedLikeIPv6: text())
        case .ipv4WithZone: self = .refused(.zoneOnIPv4)
        case .empty: self = .refused(.empty)
        }
    }

    private init(shapedLikeIPv6 text: Substring) {
        let host: ZonedIPv6
        do {
            host = try ZonedIPv6(text)
        } catch {
            self = .refused(.malformed(error))
            return
        }
        guard let zone = host.zone else {
            self = .address(.v6(host.address, zone: nil))
            return
        }
        do {
            let index = try ScopeID(zone, on: host.address.isScopedToLink).index
            self = .address(.v6(host.address, zone: index == 0 ? nil : .index(index)))
        } catch {
            self = .refused(error)
        }
    }

    /// The address with a port, for a dial that needs no text.
    ///
    /// - Returns: `nil` for a name, which needs a look-up.
    /// - Throws: `NumericHostRefusal` where the host was meant as an address and is none.
    public func endpoint(port: UInt16) throws(NumericHostRefusal) -> Endpoint? {
        switch self {
        case .address(let address): Endpoint(address: address, port: port)
        case .name: nil
        case .refused(let refusal): throw refusal
        }
    }
}
