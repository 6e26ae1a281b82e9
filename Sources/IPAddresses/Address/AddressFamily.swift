// SPDX-License-Identifier: Apache-2.0

/// The family of an internet address.
@available(FairDial 0.1, *)
public enum AddressFamily: String, Hashable, Sendable, CaseIterable {
    /// IPv4; its DNS record type is A.
    case ipv4
    /// IPv6; its DNS record type is AAAA.
    case ipv6
}
