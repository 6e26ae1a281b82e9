// SPDX-License-Identifier: Apache-2.0

public import GetAddrInfo
public import IPAddresses
public import NIOCore
import NIOPosix
public import NameResolution

/// How a dialer dials, given once. Every default is one that a careful operator would choose.
@available(FairDial 0.1, *)
public struct DialerConfiguration: Sendable {
    /// How long each clock may run; what is not set has its default. A dial may bring its own.
    public var timeouts = Timeouts()

    /// How addresses race: edition, delays and bounds. Default RFC 8305's. A dial may bring its own.
    public var race = RaceConfiguration()

    /// What looks names up: by default, after the hosts file, our own DNS resolver where it does all that this
    /// machine's configuration asks for, and the system's `getaddrinfo` otherwise (`AutomaticResolver`).
    ///
    /// Put a `NameResolver` in front of a resolver of your own, for local names and shared lookups. It also looks
    /// services up (`Target.service`): one that is no `RecordResolver` and has no `lookUpRecords` of its own finds
    /// none.
    public var resolver: any AddressResolver = NameResolver.shared

    /// How leniently literals are read, compared with the C library. Default: all of it, so that a host means here what
    /// it means to every other program of the machine. Choose `strict` where hosts are vetted as text before they come
    /// here (docs/decisions/0006-strictness.md).
    public var strictness = Strictness.system

    /// What remembers how attempts ended, for the order of the next dial's; `nil`, the default, for nothing: then the
    /// order is the system's. Set it for clients that dial the same names again and again over networks of uneven
    /// quality.
    public var memory: OutcomeMemory?

    /// What may be dialed; `nil` for anything. Set it where hosts come from strangers:
    /// `AddressPolicy.publicInternetOnly`.
    public var policy: AddressPolicy?

    /// What sees every dial: logs, metrics, traces. `nil`, the default, for nothing, which costs a dial one branch.
    public var observer: (any DialObserver)?

    /// Addresses for names that are not to be looked up; compared as names in DNS are, without regard to ASCII case.
    public var overrides: [String: [IPAddress]] = [:] {
        didSet {
            // In the order of the spellings, so that of two spellings of one name the same one counts each time.
            let sorted = overrides.sorted { $0.key < $1.key }
            overrides = Dictionary(sorted.map { (InternationalName.key(of: $0.key), $0.value) }) { first, _ in first }
        }
    }

    /// The loops that channels live on when a call does not name one. Default: NIO's singleton, which needs no
    /// shutdown.
    public var group: any EventLoopGroup {
        get { ownGroup ?? MultiThreadedEventLoopGroup.singleton }
        set { ownGroup = newValue }
    }

    /// The caller's own loops; `nil` for NIO's singleton, which is touched only where it can be had (`ProcessLoops`).
    private(set) var ownGroup: (any EventLoopGroup)?

    /// What makes the sockets; not the kernel in tests alone.
    package var connector: any Connector = KernelConnector.shared

    /// The random source that shuffles bindings and SRV targets of equal priority; not the system's in simulations
    /// alone.
    package var random = RandomSource.system

    /// The defaults.
    public init() {}
}
