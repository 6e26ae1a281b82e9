// SPDX-License-Identifier: Apache-2.0

/// The special purpose of a block of addresses.
///
/// - Source: the IANA IPv4 and IPv6 special-purpose address registries (RFC 6890, RFC 8190), and the RFCs named here.
@available(FairDial 0.1, *)
@nonexhaustive
public enum SpecialPurpose: String, Hashable, Sendable, CaseIterable {
    /// `0.0.0.0`, `::`: no address (RFC 1122 §3.2.1.3, RFC 4291 §2.5.2).
    case unspecified
    /// `0.0.0.0/8`: this network (RFC 791 §3.2).
    case thisNetwork
    /// `127.0.0.0/8`, `::1`: this machine (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
    case loopback
    /// `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16`: private use (RFC 1918 §3).
    case privateUse
    /// `100.64.0.0/10`: shared between carriers and customers (RFC 6598 §7).
    case shared
    /// `169.254.0.0/16`, `fe80::/10`: this link (RFC 3927 §2.1, RFC 4291 §2.5.6).
    case linkLocal
    /// `fc00::/7`: unique local (RFC 4193 §3.1).
    case uniqueLocal
    /// `fec0::/10`: site-local, deprecated (RFC 3879 §4).
    case siteLocal
    /// `224.0.0.0/4`, `ff00::/8`: multicast (RFC 5771, RFC 4291 §2.7).
    case multicast
    /// `192.0.2.0/24`, `198.51.100.0/24`, `203.0.113.0/24`, `2001:db8::/32`, `3fff::/20`: documentation (RFC 5737 §3,
    /// RFC 3849 §2, RFC 9637 §2).
    case documentation
    /// `198.18.0.0/15`, `2001:2::/48`: benchmarking (RFC 2544, RFC 5180 §8).
    case benchmarking
    /// `192.0.0.0/24`, `2001::/23`: IETF protocol assignments (RFC 6890 §2.1, RFC 2928 §2).
    case protocolAssignment
    /// `192.88.99.0/24`: 6to4 relay anycast, deprecated (RFC 7526 §4); the 6a44 relay anycast address, `192.88.99.2`,
    /// lies in it (RFC 6751 §9).
    case relayAnycast
    /// `192.31.196.0/24`, `192.175.48.0/24`, `2001:4:112::/48`, `2620:4f:8000::/48`: AS112 (RFC 7534, RFC 7535).
    case as112
    /// `192.52.193.0/24`, `2001:3::/32`: automatic multicast tunneling (RFC 7450 §7).
    case multicastTunneling
    /// `240.0.0.0/4`: reserved (RFC 1112 §4).
    case reserved
    /// `255.255.255.255`: limited broadcast (RFC 919 §7).
    case broadcast
    /// `::ffff:0:0/96`: IPv4-mapped (RFC 4291 §2.5.5.2).
    case ipv4Mapped
    /// `::/96`: IPv4-compatible, deprecated (RFC 4291 §2.5.5.1).
    case ipv4Compatible
    /// `::ffff:0:0:0/96`: IPv4-translated, for stateless IP/ICMP translation (SIIT), obsolete (RFC 2765 §2.1).
    case ipv4Translated
    /// `64:ff9b::/96`: NAT64, its well-known prefix (RFC 6052 §2.1).
    case nat64
    /// `64:ff9b:1::/48`: NAT64, for local use (RFC 8215 §3).
    case localNAT64
    /// `100::/64`: discarded (RFC 6666 §3).
    case discardOnly
    /// `100:0:0:1::/64`: a prefix that leads nowhere (RFC 9780 §5).
    case dummyPrefix
    /// `2001::/32`: Teredo (RFC 4380 §2.6).
    case teredo
    /// `2001:10::/28`, `2001:20::/28`: ORCHID, deprecated, and ORCHIDv2 (RFC 4843 §2, RFC 7343 §2).
    case orchid
    /// `2001:30::/28`: drone remote identification (RFC 9374 §8.1).
    case droneIdentification
    /// `2002::/16`: 6to4 (RFC 3056 §2).
    case sixToFour
    /// `5f00::/16`: segment routing (RFC 9602 §4).
    case segmentRouting
}
