// SPDX-License-Identifier: Apache-2.0

public import IPAddresses
public import NameResolution

/// The answer of a look-up, to be dialed now or later: the name is kept for TLS, the order for the race.
public struct Answer: Sendable {
    /// What was looked up.
    public let target: Target

    /// Addresses and the port, in destination order (RFC 6724); not empty. What the policy forbids is left out, and is
    /// among the attempts of `splits`.
    public let endpoints: [Endpoint]

    /// Who answered.
    public let source: LookupSource

    /// The families that stayed silent until the look-up's budget ended; empty for a complete answer.
    public let incomplete: AddressFamilies

    /// How long the look-up took, and how long it waited for its place.
    public let splits: Splits

    init(
        target: Target,
        endpoints: [Endpoint],
        source: LookupSource,
        incomplete: AddressFamilies = [],
        splits: Splits = Splits()
    ) {
        self.target = target
        self.endpoints = endpoints
        self.source = source
        self.incomplete = incomplete
        var splits = splits
        splits.source = source
        self.splits = splits
    }
}
