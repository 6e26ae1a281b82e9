// SPDX-License-Identifier: Apache-2.0

/// How large a pool is, and how long things in it may take. Values beyond sense are clamped where they are used.
@available(FairDial 0.1, *)
public struct PoolConfiguration: Sendable {
    /// What the pool is called where it is observed, as in the metrics' `db.client.connection.pool.name`. `nil`, the
    /// default, for the first target, as `db.example.org:5432`.
    public var name: String?

    /// Is told what happens in the pool; `nil`, the default, for nobody.
    public var observer: (any PoolObserver)?

    /// How many connections the pool keeps even when no caller needs them. Default 0. Values below 0 are treated as 0,
    /// and values above `maximumSize` (which is 1,000,000 at most) as that.
    public var minimumSize = 0

    /// How many connections there are at most, those being made included. Default 100. Values below 1 are treated as 1,
    /// and values above 1,000,000 as that: no process has so many descriptors.
    public var maximumSize = 100

    /// Whether the pool is paused until its first `ready()`: it dials nothing, not even for `minimumSize`, and callers
    /// get the error `paused` at once. Default `false`. `true` is for a driver that must see the server by a connection
    /// of its own first.
    public var startsPaused = false

    /// How many connections the pool makes at a time, each from its first address on. Default 2: a pool that grows must
    /// not overload its server. Values below 1 are treated as 1, and values above `maximumSize` as that.
    public var connectingLimit = 2

    /// How long a caller waits for a connection. Default 10 s. It is apart from the dial's own timeouts: a caller's
    /// wait ends with it whatever the dials do, and the dials go on for the next caller.
    public var waitTimeout: Duration = .seconds(10)

    /// How many callers may wait. Default 65,536. Values below 1 are treated as 1, and values above 1,000,000 as that.
    public var waitingLimit = 65_536

    /// How long a connection may be idle before it is closed; `nil`, the default, for as long as it lives. Values below
    /// 10 ms are treated as 10 ms.
    public var idleLimit: Duration?

    /// How old a connection may get; `nil`, the default, for as old as it gets. Each one's limit is up to a tenth
    /// shorter, at random, so that those made together do not end together. Values below 10 ms are treated as 10 ms.
    public var lifetimeLimit: Duration?

    /// After which idle time a connection is checked before it is handed out; `nil`, the default, for never.
    public var checkAfter: Duration?

    /// How long such a check may take; then the connection is closed, and another one checked or made. Default 1 s.
    /// Values below 10 ms are treated as 10 ms.
    public var checkTimeout: Duration = .seconds(1)

    /// How long the pool does not dial a target after a dial failed; twice as long after each further failure in a row,
    /// up to `longestBackOff`, and less by up to a quarter at random. Default 100 ms. Values below 1 ms are treated as
    /// 1 ms.
    public var firstBackOff: Duration = .milliseconds(100)

    /// The longest time between two dials of a target that fails. Default 10 s. Values below `firstBackOff` are treated
    /// as that.
    public var longestBackOff: Duration = .seconds(10)

    /// Whether the pool follows names to their new addresses. Default `true`: the pool looks a name with connections up
    /// again when the answer expires (after 30 s where no zone says when; at least 1 s and at most 1 h). It closes
    /// connections to addresses that the new answer lacks as soon as no caller uses them, and makes new ones to the
    /// address with the fewest. `false` is for a name whose server gives a few of many addresses at random: there each
    /// answer would close connections.
    ///
    /// Numeric hosts, paths, endpoints, services (SRV) and dials with bindings are not looked up by the pool.
    public var followsNames = true

    /// The defaults.
    public init() {}
}
