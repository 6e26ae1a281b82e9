// SPDX-License-Identifier: Apache-2.0

/// Which edition of Happy Eyeballs decides when a race may start.
@available(FairDial 0.1, *)
@nonexhaustive
public enum RaceRules: Hashable, Sendable {
    /// RFC 8305, version 2: IPv6 addresses start at once, IPv4 ones wait for the resolution delay while an IPv6 answer
    /// is awaited (§3).
    case rfc8305

    /// Version 3, as in draft-ietf-happy-happyeyeballs-v3-04 §4.2: the preferred family's answer and the service
    /// bindings (SVCB, HTTPS) are both awaited for the resolution delay, which begins with the first address. IPv6 is
    /// preferred where it was asked for; a negative answer is an answer.
    case version3
}
