// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// What may differ from dial to dial. The defaults are right for a TCP client.
@available(FairDial 0.1, *)
public struct DialOptions: Sendable {
    /// Whose lookup it is: slots of the resolver's queue are shared out between labels. `nil` is the name's parent
    /// domain. Give one to everything that belongs together, such as a crawl.
    public var label: String?

    /// The families to ask for and to dial. Default both.
    public var families: AddressFamilies = .both

    /// How long each clock may run; what is not set is the dialer's.
    public var timeouts: Timeouts {
        get { rare?.timeouts ?? Timeouts() }
        set { change { $0.timeouts = newValue } }
    }

    /// The most that the whole dial may take, since its start; `nil` for no limit beside the timeouts. A negative one
    /// counts as zero.
    public var deadline: Duration?

    /// How addresses race; `nil` is the dialer's.
    public var race: RaceConfiguration?

    /// The service whose bindings (HTTPS and SVCB records, RFC 9460) are looked up beside the addresses, and say where
    /// else it is to be had, at which port, and by which protocols; `nil`, the default, for none.
    ///
    /// Where the system looks names up, which knows of no bindings, it changes nothing. The race follows version 3 of
    /// Happy Eyeballs then, unless `race` is set here.
    public var bindings: BindingRequest?

    /// The addresses to bind to before `connect`, one of each family at most; port 0 lets the system choose. Where
    /// there is one, a family without one is neither asked for nor dialed, and `DialReport.skipped` says so. Empty for
    /// the system's choice.
    public var localEndpoints: [Endpoint] = []

    /// Options to set on each socket before `connect`.
    public var socketOptions: [PreconnectOption] = []

    /// Whether to use TCP Fast Open (RFC 7413) where the kernel has it: to a peer that has given this machine a cookie,
    /// `connect` is done at once, and the first write goes out with the SYN. Such an address wins the race before the
    /// peer has answered, so it is for peers whose first request may safely be sent twice, and that are known to be
    /// there. Default no.
    public var fastOpen = false

    /// Whether to use Multipath TCP (RFC 8684) where the kernel has it. Default no.
    public var multipath = false

    /// What to wait for on the channel once it is connected; `nil` for nothing.
    public var readiness: Readiness?

    /// Whether the channel comes with its reading held: it reads nothing, and what has come with a handshake is kept,
    /// until it is asked to read, by `setOption(.autoRead, value: true)` or `read()`.
    ///
    /// So a peer that speaks first is not read before the handlers are there that the caller adds once it has the
    /// channel. A peer's end behind such bytes waits with them. `channel.close()` ends the hold: TLS reads its peer's
    /// goodbye. Whoever wants half closure (`allowRemoteHalfClosure`) says so in the initializer: until the hold ends
    /// it is on in any case. Default no: handlers that the initializer adds miss nothing.
    public var holdsReads = false

    /// Called, once and on the dial's event loop, before the channel initializer runs, with what has won: for what TLS
    /// must know of the SRV target or the binding that won. It must not block. A dial for a bare socket has no
    /// initializer, and does not call it.
    public var onWinner: (@Sendable (DialWinner) -> Void)? {
        get { rare?.onWinner }
        set { change { $0.onWinner = newValue } }
    }

    /// What cancels the dial besides its task; `nil` for nothing. For dials that bring futures.
    public var cancellation: DialCancellation? {
        get { rare?.cancellation }
        set { change { $0.cancellation = newValue } }
    }

    /// Whether addresses that RFC 6724 ranks equal are rotated at random, so that many dials of one name share the load
    /// among its addresses. Default no: the order is the system's.
    public var spread: Bool {
        get { rare?.spread ?? false }
        set { change { $0.spread = newValue } }
    }

    /// Asked once, on the dial's event loop, when there is a first address to dial, and before its attempt starts: the
    /// dial waits until `admit` is called, on the queue clock, and has no socket until then. For an owner of many dials
    /// that bounds how many connect at a time, such as a pool, and wants a lookup that hangs to count for nothing.
    ///
    /// It must not block. `admit` may be called from any thread; a second call does nothing, nor does one after the
    /// dial has ended. `resolve` does not ask.
    public var admission: (@Sendable (_ admit: @escaping @Sendable () -> Void) -> Void)? {
        get { rare?.admission }
        set { change { $0.admission = newValue } }
    }

    /// Called once, on the dial's event loop, when the first attempt starts, for a caller with a clock of its own. It
    /// must not block.
    public var onStart: (@Sendable () -> Void)?

    /// What few dials set, out of line: options are passed around by every dial. Never changed, so copies may share it.
    private final class Rare: Sendable {
        struct Content: Sendable {
            var timeouts = Timeouts()
            var onWinner: (@Sendable (DialWinner) -> Void)?
            var cancellation: DialCancellation?
            var spread = false
            var admission: (@Sendable (_ admit: @escaping @Sendable () -> Void) -> Void)?
        }

        let content: Content

        init(_ content: Content) {
            self.content = content
        }
    }

    private var rareContent: Rare?

    private var rare: Rare.Content? { rareContent?.content }

    private mutating func change(_ body: (inout Rare.Content) -> Void) {
        var content = rareContent?.content ?? Rare.Content()
        body(&content)
        rareContent = Rare(content)
    }

    /// The timeouts that hold for a dial.
    func timeouts(from dialer: FilledTimeouts) -> FilledTimeouts {
        rareContent?.content.timeouts.filled(from: dialer) ?? dialer
    }

    /// The defaults.
    public init() {}
}
