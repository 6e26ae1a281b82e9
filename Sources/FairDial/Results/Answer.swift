// SPDX-License-Identifier: Apache-2.0

public import IPAddresses
package import NameResolution

/// The answer of a lookup, to be dialed now or later: the name is kept for TLS, the order for the race.
@available(FairDial 0.1, *)
public struct Answer: Hashable, Sendable {
    /// What was looked up.
    public let target: Target

    /// Addresses and the port, in destination order (RFC 6724); not empty. What the policy forbids is left out, and is
    /// among the attempts of `report`.
    public let endpoints: [Endpoint]

    /// Who answered (`source`), how long the lookup took, and how long it waited for its slot. `unanswered` has the
    /// families that stayed silent until the lookup's timeout ended; it is empty for a complete answer,
    /// and has those that are still asked in one that is told early (`Dialer.resolve`).
    public let report: DialReport

    /// Until when the addresses may be used, by what their zones say of them; `nil` where no zone has said, as
    /// `getaddrinfo` and the hosts file do not.
    public let expires: ContinuousClock.Instant?

    /// An answer from its parts.
    public init(
        target: Target,
        endpoints: [Endpoint],
        report: DialReport = DialReport(),
        expires: ContinuousClock.Instant? = nil
    ) {
        self.target = target
        self.endpoints = endpoints
        self.report = report
        self.expires = expires
    }

    /// Who answered; `nil` where its maker has not said.
    package var source: LookupSource? { report.source }

    /// The families that stayed silent.
    package var incomplete: AddressFamilies { report.unanswered }
}
