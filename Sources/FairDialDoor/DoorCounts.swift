// SPDX-License-Identifier: Apache-2.0

/// How many have come to a door, and how many are inside.
@available(FairDial 0.1, *)
public struct DoorCounts: Hashable, Sendable {
    /// Connections inside now: at the head of their request, waiting for the dial, or spliced.
    public internal(set) var open = 0

    /// Connections that were let in, since the door was opened.
    public internal(set) var accepted = 0

    /// Connections that were turned away at once: from another process, or one more than `maxConnections`.
    public internal(set) var refused = 0

    /// Counts from their parts, for a test without a door.
    public init(open: Int = 0, accepted: Int = 0, refused: Int = 0) {
        self.open = open
        self.accepted = accepted
        self.refused = refused
    }
}
