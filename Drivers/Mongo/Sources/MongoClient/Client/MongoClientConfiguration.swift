// SPDX-License-Identifier: Apache-2.0

public import FairDial
public import FairPool

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
    /// How long an operation waits for a connection of the pool where neither `waitQueueTimeoutMS` nor `timeoutMS` says
    /// so. Default 2 min.
    public var waitTimeout: Duration = .seconds(120)

    /// The defaults, with a dialer.
    public init(dialer: Dialer = .shared) {
        self.dialer = dialer
    }
}
