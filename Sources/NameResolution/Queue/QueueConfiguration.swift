// SPDX-License-Identifier: Apache-2.0

/// How many lookups a bounded queue lets run at once, and how many may wait; clamped where it is used.
@available(FairDial 0.1, *)
public struct QueueConfiguration: Hashable, Sendable {
    /// Slots for every caller. Default 512; 1 … 16,777,216.
    public var slots = 512

    /// Slots beyond those, for fairness keys with nothing in flight and for names that were lately answered fast.
    /// Default 8; 0 … 16,777,216.
    public var reservedSlots = 8

    /// The most lookups that wait; beyond it a lookup fails with `queueFull`. Default 65,536; not negative.
    public var waitingLimit = 65_536

    /// The defaults.
    public init() {}

    package init(slots: Int, reservedSlots: Int = 8, waitingLimit: Int = 65_536) {
        self.slots = slots
        self.reservedSlots = reservedSlots
        self.waitingLimit = waitingLimit
    }

    /// More threads than any machine has: sums of such numbers stay numbers.
    private static let most = 1 << 24

    /// The same within bounds: without a slot nothing would ever be granted.
    package var bounded: QueueConfiguration {
        QueueConfiguration(
            slots: min(max(1, slots), Self.most),
            reservedSlots: min(max(0, reservedSlots), Self.most),
            waitingLimit: max(0, waitingLimit)
        )
    }
}
