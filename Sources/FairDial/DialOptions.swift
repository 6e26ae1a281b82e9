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

    /// The service whose bindings (HTTPS and SVCB records, RFC 9460) are looked up beside the addresses, and say where else it is to
    /// be had, at which port, and by which protocols; `nil`, the default, for none. Where names are the system's to look up, which
    /// knows of no bindings, it changes nothing. The race follows version 3 of Happy Eyeballs then, unless `race` is set here.
    public var bindings: BindingRequest?

    /// The addresses to bind to before `connect`, one of each family at most; port 0 lets the system choose. Where there is one,
    /// a family without one is neither asked for nor dialed, and `Splits.skipped` says so. Empty for the system's choice.
    public var localEndpoints: [Endpoint] = []

    /// Options to set on each socket before `connect`.
    public var socketOptions: [PreconnectOption] = []

    /// Whether to use TCP Fast Open (RFC 7413) where the kernel has it: to a peer that has given this machine a cookie, `connect`
    /// is done at once, and the first write goes out with the SYN. Such an address wins the race unheard, so it is for peers
    /// whose first request may safely be sent twice, and that are known to be there. Default no.
    public var fastOpen = false

    /// Whether to use Multipath TCP (RFC 8684) where the kernel has it. Default no.
    public var multipath = false

    /// What to wait for on the channel once it is connected; `nil` for nothing.
    public var readiness: Readiness?

    /// Called once, on the dial's event loop, when the first attempt starts: the starting line, for a caller with a
    /// stopwatch of its own. It must not block.
    public var onStart: (@Sendable () -> Void)?

    /// The defaults.
    public init() {}
}
