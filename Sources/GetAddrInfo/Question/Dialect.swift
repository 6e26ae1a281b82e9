// SPDX-License-Identifier: Apache-2.0

/// How one C library reads literals: its numbers, and every point where libraries differ, as data.
@available(FairDial 0.1, *)
struct Dialect: Sendable {
    /// What to do with the forms of `inet_aton`.
    enum Legacy: Sendable {
        case read
        /// Not known, so `getaddrinfo` itself is called.
        case unknown
    }

    /// Which texts stand for NULL.
    enum NullText: Sendable {
        /// `*`; an empty host is no host, and an empty service is port 0.
        case asterisk
        /// The empty text.
        case empty
    }

    /// How a number becomes a port.
    enum Ports: Sendable {
        /// As an `int`, then its lower 16 bits: `65537` is port 1.
        case wrapped
        /// 0 … 65535; any other number is a name that no list has.
        case ranged
    }

    /// Where a zone may stand.
    enum Zones: Sendable {
        /// Digits anywhere; names on addresses of one link, and before digits there.
        case namedOnLinksOnly
        /// Digits and names anywhere; a name that no interface has is no zone.
        case namedAnywhere
    }

    /// Which questions about raw sockets are answered.
    enum Raw: Sendable {
        /// Any protocol, without a service; the last of the usual kinds.
        case anyProtocol
        /// Not known, so `getaddrinfo` itself is called.
        case unknown
    }

    /// What a question for a canonical name gets with a literal.
    enum CanonicalName: Sendable {
        /// The host's text; without a host the flag is an error.
        case echoed
        /// Nothing; without a host this name.
        case onlyForNull(String)
    }

    /// `AF_INET6`.
    var ipv6Family: Int32
    /// Each flag that the library knows, with its number in that library.
    var flags: [(number: Int32, meaning: QuestionFlags)]
    var errors: ErrorNumbers
    var null: NullText
    var ports: Ports
    /// IPv4 as `inet_aton` reads it, where `inet_pton` would not.
    var legacyIPv4: Legacy
    var zones: Zones
    /// The kinds for a question without type and protocol, in this order.
    var usual: [SocketKind]
    /// The kinds that type and protocol choose from: the first that fits.
    var known: [SocketKind]
    var raw: Raw
    var canonicalName: CanonicalName
    /// Whether both families' addresses for a question without host and family come in an order that we know.
    var ordersOwnAddresses: Bool
    /// Whether an IPv4 literal may be answered with an IPv6 address made for it (NAT64, RFC 7050).
    var translatesIPv4: Bool
}

// MARK: - glibc

@available(FairDial 0.1, *)
extension Dialect {
    /// glibc, checked against version 2.36 by calling it.
    static let glibc = Dialect(
        ipv6Family: 10,
        flags: [
            .passive, .canonicalName, .numericHost, .mapped, .all, .asConfigured, .idn, .canonicalIDN, .deprecatedIDN,
            .numericService,
        ].map { ($0.rawValue, $0) },
        errors: ErrorNumbers(noName: -2, service: -8, family: -6, literalOfOtherFamily: -9, mismatch: -7, badFlags: -1),
        null: .asterisk,
        ports: .wrapped,
        legacyIPv4: .read,
        zones: .namedOnLinksOnly,
        usual: [.tcp, .udp, .raw(0)],
        known: [
            .tcp,
            .udp,
            // SOCK_DCCP is 6; Swift's module does not show it.
            SocketKind(socketType: 6, protocolNumber: ProtocolNumber.dccp, protocolName: "dccp"),
            SocketKind(socketType: 2, protocolNumber: ProtocolNumber.udpLite, protocolName: "udplite"),
            SocketKind(socketType: 1, protocolNumber: ProtocolNumber.sctp, protocolName: "sctp"),
            SocketKind(socketType: 5, protocolNumber: ProtocolNumber.sctp, protocolName: "sctp"),
        ],
        raw: .anyProtocol,
        canonicalName: .echoed,
        ordersOwnAddresses: true,
        translatesIPv4: false
    )
}

// MARK: - Darwin

@available(FairDial 0.1, *)
extension Dialect {
    /// macOS and iOS, read in Apple's Libinfo (`si_getaddrinfo.c`, 2018). **Not yet run on a Mac**: what the source
    /// leaves open is left to the call.
    static let darwin = Dialect(
        ipv6Family: 30,
        flags: [
            (0x1, .passive), (0x2, .canonicalName), (0x4, .numericHost), (0x100, .all), (0x200, .darwinsOwn),
            (0x400, .asConfigured), (0x800, .mapped), (0x1000, .numericService), (0x1000_0000, .darwinsOwn),
        ],
        errors: ErrorNumbers(noName: 8, service: 8, family: 5, literalOfOtherFamily: 8, mismatch: 12, badFlags: 3),
        null: .empty,
        ports: .ranged,
        legacyIPv4: .unknown,
        zones: .namedAnywhere,
        usual: [.udp, .tcp],
        known: [.udp, .tcp],
        raw: .unknown,
        canonicalName: .onlyForNull("localhost"),
        ordersOwnAddresses: false,
        translatesIPv4: true
    )
}
