// SPDX-License-Identifier: Apache-2.0

public import IPAddresses
public import NameResolution

/// Where a dial's time went: four clocks that never overlap, who answered, and every attempt.
public struct Splits: Hashable, Sendable {
    /// How long the dial waited for a place in the resolver's line, or for a descriptor.
    public var queue: Duration = .zero

    /// How long the look-up ran while no attempt was under way.
    public var lookup: Duration = .zero

    /// How long at least one attempt was under way.
    public var connect: Duration = .zero

    /// How long the connection took to become ready; `nil` when the caller gave no `Readiness`, or it was never reached.
    public var handshake: Duration?

    /// Who answered the look-up; `nil` when nobody has.
    public var source: LookupSource?

    /// The DNS server that answered; `nil` where none did, or nobody knows which.
    public var server: Endpoint?

    /// Whether an answer was older than its zone allows, and given all the same (`CacheConfiguration.staleness`).
    public var isStale = false

    /// The families that had not been answered when the dial ended; empty for a literal.
    public var unanswered: AddressFamilies = []

    /// The families that were wanted and neither asked for nor dialed, because `DialOptions.localEndpoints` has no address of
    /// theirs.
    public var skipped: AddressFamilies = []

    /// Every attempt, in the order in which they started.
    public var attempts: [AttemptReport] = []

    /// No time, nobody, no attempt: what a dial that has not begun has to show.
    public init() {}

    /// The sum of the clocks: the whole dial, until it was connected or ready.
    public var total: Duration {
        queue + lookup + connect + (handshake ?? .zero)
    }
}

extension Splits: CustomStringConvertible {
    /// One line: `queue 0 s · lookup 12 ms (system) · connect 3 ms`.
    public var description: String {
        var parts = [
            "queue \(queue.readable)",
            "lookup \(lookup.readable)" + (source.map { " (\(words(for: $0)))" } ?? ""),
            "connect \(connect.readable)",
        ]
        if let handshake { parts.append("handshake \(handshake.readable)") }
        if !skipped.isEmpty { parts.append(DialVerdict.words(forSkipped: skipped)) }
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
