// SPDX-License-Identifier: Apache-2.0

public import IPAddresses
public import NameResolution

/// Where a dial's time went: four clocks that never overlap, who answered, and every attempt.
@available(FairDial 0.1, *)
public struct DialReport: Hashable, Sendable {
    /// How long the dial waited for a slot in the resolver's queue, or for a descriptor.
    public internal(set) var queue: Duration = .zero

    /// How long the lookup ran while no attempt was in flight.
    public internal(set) var lookup: Duration = .zero

    /// How long at least one attempt was in flight.
    public internal(set) var connect: Duration = .zero

    /// How long the connection took to become ready; `nil` when the caller gave no `Readiness`, or it was never
    /// reached.
    public internal(set) var handshake: Duration?

    /// What answered the lookup; `nil` before there is an answer.
    public internal(set) var source: LookupSource?

    /// The DNS server that answered; `nil` where no server did, or it is not known which.
    public internal(set) var server: Endpoint?

    /// Whether an answer was older than its zone allows, and given all the same (`CacheConfiguration.staleness`).
    public internal(set) var isStale = false

    /// The families that had not been answered when the dial ended; empty for a literal.
    public internal(set) var unanswered: AddressFamilies = []

    /// The families that were wanted and neither asked for nor dialed, because `DialOptions.localEndpoints` has no
    /// address of theirs.
    public internal(set) var skipped: AddressFamilies = []

    /// Every attempt, in the order in which they started.
    public internal(set) var attempts: [AttemptReport] = []

    /// How many addresses were neither dialed nor told because there were so many: of each family those beyond the
    /// first 256 that the policy lets through, and those that it forbids beyond the first 256 such, which are among the
    /// attempts.
    public internal(set) var leftOut = 0

    /// What was learned of the service, where one was dialed.
    public internal(set) var service: SRVReport?

    /// A report from its parts, for a test without a network; without any, that of a dial that has not begun.
    public init(
        queue: Duration = .zero,
        lookup: Duration = .zero,
        connect: Duration = .zero,
        handshake: Duration? = nil,
        source: LookupSource? = nil,
        server: Endpoint? = nil,
        isStale: Bool = false,
        unanswered: AddressFamilies = [],
        attempts: [AttemptReport] = [],
        service: SRVReport? = nil
    ) {
        self.queue = queue
        self.lookup = lookup
        self.connect = connect
        self.handshake = handshake
        self.source = source
        self.server = server
        self.isStale = isStale
        self.unanswered = unanswered
        self.attempts = attempts
        self.service = service
    }

    /// The sum of the clocks: the whole dial, until it was connected or ready.
    public var total: Duration {
        queue.saturating(plus: lookup).saturating(plus: connect).saturating(plus: handshake ?? .zero)
    }
}

@available(FairDial 0.1, *)
extension DialReport: CustomStringConvertible {
    /// One line: `queue 0 s · lookup 12 ms (system) · connect 3 ms`.
    public var description: String {
        var parts = [
            "queue \(queue.readable)",
            "lookup \(lookup.readable)" + (source.map { " (\(words(for: $0)))" } ?? ""),
            "connect \(connect.readable)",
        ]
        if let handshake { parts.append("handshake \(handshake.readable)") }
        if !skipped.isEmpty { parts.append(DialVerdict.words(forSkipped: skipped)) }
        if leftOut > 0 { parts.append("\(leftOut) addresses left out") }
        if let service { parts.append("\(service.targets.count) SRV targets") }
        return parts.joined(separator: " · ")
    }

    /// `dns, 10.0.0.53`, `cache, stale`.
    private func words(for source: LookupSource) -> String {
        var words = [source.rawValue]
        let standardPort: UInt16 = 53
        if let server { words.append(server.port == standardPort ? "\(server.address)" : "\(server)") }
        if isStale { words.append("stale") }
        return words.joined(separator: ", ")
    }
}
