// SPDX-License-Identifier: Apache-2.0

/// How large a pool is, and how long things in it may take. Values beyond sense are clamped where they are used.
@available(FairDial 0.1, *)
public struct PoolConfiguration: Sendable {
    /// What the pool is called where it is observed, as in the metrics' `db.client.connection.pool.name`. `nil`, the
    /// default, for the first target, as `db.example.org:5432`.
    public var name: String?

    /// Is told what happens in the pool; `nil`, the default, for nobody.
    public var observer: (any PoolObserver)?

    /// How many connections are kept even when nobody needs them. Default 0; over `maximumSize` it counts as that.
    public var minimumSize = 0

    /// How many connections there are at most, those being made included. Default 100; at least 1 counts.
    public var maximumSize = 100

    /// Whether the pool is paused until its first `ready()`: it dials nothing, not even for `minimumSize`, and callers
    /// get `paused` at once. Default no. For a driver whose monitor has to see the server first.
    public var startsPaused = false

    /// How many connections are being made at a time, from their first address on. Default 2: a pool that grows is not
    /// to overload its server. At least 1 counts.
    public var connectingLimit = 2

    /// How long a caller waits for a connection. Default 10 s. It is apart from the dial's own timeouts: a caller's
    /// wait ends with it whatever the dials do, and the dials go on for the next caller.
    public var waitTimeout: Duration = .seconds(10)

    /// How many callers may wait. Default 65,536; at least 1 counts.
    public var waitingLimit = 65_536

    /// How long a connection may be idle before it is closed; `nil`, the default, for as long as it lives.
    /// At least 10 ms counts.
    public var idleLimit: Duration?

    /// How old a connection may get; `nil`, the default, for as old as it gets. Each one's limit is up to a tenth
    /// shorter, at random, so that those made together do not end together. At least 10 ms counts.
    public var lifetimeLimit: Duration?

    /// After which idle time a connection is checked before it is handed out; `nil`, the default, for never.
    public var checkAfter: Duration?

    /// How long such a check may take; then the connection is closed, and another one checked or made. Default 1 s; at
    /// least 10 ms counts.
    public var checkTimeout: Duration = .seconds(1)

    /// How long the pool does not dial a target after a dial failed; twice as long after each further failure in a
    /// row, up to `longestBackOff`, and less by up to a quarter at random. Default 100 ms; at
    /// least 1 ms counts.
    public var firstBackOff: Duration = .milliseconds(100)

    /// The longest time between two dials of a target that fails. Default 10 s.
    public var longestBackOff: Duration = .seconds(10)

    /// Whether the addresses of names are followed. Default yes: a name with connections is looked up again when its
    /// answer is over (after 30 s where no zone says when; at least 1 s and at most 1 h), connections to addresses that
    /// the new answer has not are closed when nobody uses them, and new ones go to the address with the fewest. No is
    /// for a name whose server gives a few addresses of many at random, for then each answer closes connections.
    ///
    /// Numeric hosts, paths, endpoints, services (SRV) and dials with bindings are not looked up by the pool.
    public var followsNames = true

    /// The defaults.
    public init() {}
}
