// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension IPv4Address {
    /// `0.0.0.0`: no address, or any (RFC 1122 §3.2.1.3).
    public static let unspecified = IPv4Address(bits: 0)

    /// `127.0.0.1`: this machine (RFC 1122 §3.2.1.3).
    public static let loopback = IPv4Address(bits: 0x7F00_0001)

    /// `255.255.255.255`: every host on this link (RFC 919 §7).
    public static let broadcast = IPv4Address(bits: .max)
}
