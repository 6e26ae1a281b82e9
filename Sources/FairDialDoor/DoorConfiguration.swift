// SPDX-License-Identifier: Apache-2.0

public import FairDial

/// How a door treats those who come to it. Every default is one that a careful operator would choose.
@available(FairDial 0.1, *)
public struct DoorConfiguration: Sendable {
    /// How many connections may be inside at a time. Default 4,096, at least 1 where it is used.
    ///
    /// One more is closed at once; through HTTP it is told 503. Each takes two descriptors. Of those who have not shown
    /// an HTTP door its secret yet the oldest goes for a new one, from 128 or half of the places on, and in any case
    /// from an eighth of the process's descriptors (16 … 1,024).
    public var maxConnections = 4_096

    /// How long a client may take over the head of its CONNECT request. Default 5 s; clamped to 1 ms … 60 s.
    public var headTimeout: Duration = .seconds(5)

    /// How long no byte may move through a tunnel of which one side has ended. Default 60 s, as Linux gives a closed
    /// connection for the other side's end (tcp(7), `tcp_fin_timeout`); at least 1 ms where it is used.
    ///
    /// A client that has gone and one that still listens send the same end. A target that ignores it would keep its
    /// place, and two descriptors, for ever. Bytes that move, however slowly, begin the time anew; it is looked at four
    /// times within it, so a tunnel may live a quarter longer. One of which both sides are open may be silent for as
    /// long as they like. Make it longer for requests that end before a long silence, such as a report that takes
    /// minutes.
    public var halfClosedTimeout: Duration = .seconds(60)

    /// What may differ from dial to dial, the label for the fair queue among it. Default: nothing.
    ///
    /// The door sets `cancellation`, `readiness` and `holdsReads` itself.
    public var options = DialOptions()

    /// The defaults.
    public init() {}
}
