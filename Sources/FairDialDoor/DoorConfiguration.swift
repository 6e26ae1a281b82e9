// SPDX-License-Identifier: Apache-2.0

public import FairDial

/// How a door treats those who come to it. Every default is one that a careful operator would choose.
@available(FairDial 0.1, *)
public struct DoorConfiguration: Sendable {
    /// How many connections may be inside at a time. Default 4,096, at least 1 where it is used.
    ///
    /// One more is closed at once; through HTTP it is told 503. Each takes two descriptors.
    public var maxConnections = 4_096

    /// How long a client may take over the head of its CONNECT request. Default 5 s; clamped to 1 ms … 60 s.
    public var headTimeout: Duration = .seconds(5)

    /// What may differ from dial to dial, the label for the fair queue among it. Default: nothing.
    ///
    /// The door sets `cancellation`, `readiness` and `holdsReads` itself.
    public var options = DialOptions()

    /// The defaults.
    public init() {}
}
