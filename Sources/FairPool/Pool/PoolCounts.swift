// SPDX-License-Identifier: Apache-2.0

/// How a pool stands at a moment.
@available(FairDial 0.1, *)
public struct PoolCounts: Hashable, Sendable {
    /// Connections that nobody uses.
    public let idle: Int
    /// Connections that somebody uses.
    public let inUse: Int
    /// Connections that are being made.
    public let connecting: Int
    /// Callers that wait for one.
    public let waiting: Int
    /// How long the first of them has waited; zero where nobody does.
    public let oldestWait: Duration

    /// For tests of what a program does about it.
    public init(idle: Int = 0, inUse: Int = 0, connecting: Int = 0, waiting: Int = 0, oldestWait: Duration = .zero) {
        self.idle = idle
        self.inUse = inUse
        self.connecting = connecting
        self.waiting = waiting
        self.oldestWait = oldestWait
    }
}
