// SPDX-License-Identifier: Apache-2.0

public import ConnectionRacing
public import IPAddresses

/// What may differ from dial to dial. The defaults are right for a TCP client.
public struct DialOptions: Sendable {
    /// Whose look-up it is: places in the resolver's line are shared out between labels. `nil` is the name's parent
    /// domain. Give one to everything that belongs together, such as a crawl.
    public var label: String?

    /// The families to ask for and to dial. Default both.
    public var families: AddressFamilies = .both

    /// How long each clock may run; `nil` is the dialer's.
    public var budgets: Budgets?

    /// The most that the whole dial may take, since its start; `nil` for no limit beside the budgets.
    public var deadline: Duration?

    /// How addresses race; `nil` is the dialer's.
    public var race: RaceConfiguration?

    /// The address to bind to before `connect`; port 0 lets the system choose. Only its family is asked for and dialed.
    public var localEndpoint: Endpoint?

    /// Options to set on each socket before `connect`.
    public var socketOptions: [PreconnectOption] = []

    /// What to wait for on the channel once it is connected; `nil` for nothing.
    public var readiness: Readiness?

    /// Called once, on the dial's event loop, when the first attempt starts: the starting line, for a caller with a
    /// stopwatch of its own. It must not block.
    public var onStart: (@Sendable () -> Void)?

    /// The defaults.
    public init() {}
}
