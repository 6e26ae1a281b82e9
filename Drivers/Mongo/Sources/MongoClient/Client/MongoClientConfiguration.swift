// SPDX-License-Identifier: Apache-2.0

public import FairDial
public import FairPool
import NIOCore

/// What a client is made with besides its connection string.
public struct MongoClientConfiguration: Sendable {
    /// Makes the connections: give one with a resolver, a policy or loops of your own. Its clocks for the queue and
    /// the lookup hold; those for connecting are `connectTimeoutMS`.
    public var dialer: Dialer
    /// Is told what happens in each server's pool: sizes, waits, dials. `nil`, the default, for no observer.
    public var poolObserver: (any PoolObserver)?
    /// Is called with every command and its end, on the caller's task or thread; it must not block. `nil`, the default,
    /// for nobody.
    public var commandObserver: (@Sendable (CommandEvent) -> Void)?
    /// The stable interface that servers are to keep to; `nil`, the default, for none.
    public var serverInterface: ServerInterface?

    /// Connections to each server at most; 0 for no limit. `nil`, the default, for what the connection string says, or
    /// else 100. What is set here holds, whatever the string says: so do the four below.
    public var maxPoolSize: Int?
    /// Connections to each server that are kept ready. `nil`, the default, for what the connection string says, or else
    /// 0.
    public var minPoolSize: Int?
    /// Connections to each server that are made at the same time. `nil`, the default, for what the connection string
    /// says, or else 2.
    public var maxConnecting: Int?
    /// How long a connection may be unused before it is closed; zero for ever. `nil`, the default, for what the
    /// connection string says, or else for ever.
    public var maxIdleTime: Duration?
    /// How old a connection may get, whether it is used or not; each one's limit is up to a tenth shorter, so that they
    /// do not all end together. `nil`, the default, for as old as it gets.
    public var maxLifetime: Duration?
    /// Whether servers' names are looked up again as long as there are connections to them, so that a pool grows
    /// without waiting for a lookup, and leaves addresses that a name has no more. Default yes.
    public var followsNames = true
    /// How long an operation waits for a connection of the pool where neither `waitQueueTimeoutMS` nor `timeoutMS` says
    /// so. Default 2 min.
    public var waitTimeout: Duration = .seconds(120)
    /// For tests: a loop whose time the monitors' pauses go by.
    var timers: (any EventLoop)?

    /// The defaults, with a dialer.
    public init(dialer: Dialer = .shared) {
        self.dialer = dialer
    }
}
