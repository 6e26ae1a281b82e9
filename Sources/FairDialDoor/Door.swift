// SPDX-License-Identifier: Apache-2.0

public import FairDial
import IPAddresses
import NIOCore
import NIOPosix

/// A way into FairDial for clients that dial by themselves: it listens on this machine, dials fairly for those who come
/// in, and passes the bytes on as they are. TLS stays end to end.
///
/// ```swift
/// let door = try await Door.http()                            // HTTP CONNECT, for AsyncHTTPClient and the like
/// let way = try await Door.unixSocket(to: Target("db.example.org:5432"))       // for clients that take a path
/// ```
///
/// Only this process gets in: through HTTP with a secret, elsewhere by whose socket it is. The dialer's policy,
/// timeouts and observer hold for every dial. A door stays open until `shutDown`.
@available(FairDial 0.1, *)
public final class Door: Sendable {
    /// Where it listens: 127.0.0.1 and a port, or a path.
    public let address: DoorAddress

    /// What clients of an HTTP door must show; `nil` for any other.
    public let secret: DoorSecret?

    private let state: DoorState
    let listeners: [any Channel]
    private let folder: SocketFolder?

    private init(
        _ address: DoorAddress,
        _ secret: DoorSecret?,
        _ state: DoorState,
        _ listeners: [any Channel],
        _ folder: SocketFolder?
    ) {
        self.address = address
        self.secret = secret
        self.state = state
        self.listeners = listeners
        self.folder = folder
    }

    // MARK: - Opening

    /// Opens a door for HTTP CONNECT (RFC 9110 §9.3.6) on 127.0.0.1, at a port that the system chooses.
    ///
    /// A client says in each request where it wants to go, and shows `secret` as a bearer token. Failures carry
    /// `Proxy-Status` (RFC 9209).
    ///
    /// - Throws: `DialError` where it cannot listen.
    public static func http(
        dialer: Dialer = .shared,
        configuration: DoorConfiguration = DoorConfiguration()
    ) async throws(DialError) -> Door {
        let secret = DoorSecret()
        let way = Handshake.Way.http(secret, headTimeout: configuration.headTimeout)
        return try await listen(DoorState(way, .anyone, dialer, configuration), secret)
    }

    /// Opens a door to one target on a TCP port of 127.0.0.1 that the system chooses.
    ///
    /// For clients that take nothing but a host and a port. Other programs of this machine can connect to the port; a
    /// connection whose other end is not a descriptor of this very process is closed before anything is dialed. That
    /// costs a look at every descriptor of the process for each connection, on an event loop, some 0.3 µs each: where
    /// programs of this machine are not trusted and this one has many descriptors, take another kind of door.
    ///
    /// - Throws: `DialError` where it cannot listen.
    public static func loopback(
        to target: Target,
        dialer: Dialer = .shared,
        configuration: DoorConfiguration = DoorConfiguration()
    ) async throws(DialError) -> Door {
        let visitors = Visitors.ownDescriptors(try DescriptorFolder())
        return try await listen(DoorState(.fixed(target), visitors, dialer, configuration), nil)
    }

    /// Opens a door to one target at a Unix domain socket, in a new folder that only this user can enter.
    ///
    /// Connections of other processes are closed before anything is dialed: the kernel says whose they are. The folder
    /// goes with `shutDown`.
    ///
    /// - Parameters:
    ///   - target: where all of its connections go.
    ///   - name: the file's, where a client wants a certain one: `.s.PGSQL.5432`.
    ///   - parent: where to make the folder; `nil` for `XDG_RUNTIME_DIR`, `TMPDIR` or `/tmp`, the first there is.
    ///   - dialer: who dials the target.
    ///   - configuration: how it treats those who come.
    /// - Throws: `DialError` with the code `invalidOption` for a name with a slash and a path over 107 bytes, and where
    ///   the folder or the socket cannot be made.
    public static func unixSocket(
        to target: Target,
        named name: String = "door",
        in parent: String? = nil,
        dialer: Dialer = .shared,
        configuration: DoorConfiguration = DoorConfiguration()
    ) async throws(DialError) -> Door {
        let folder = try SocketFolder(in: parent, for: name)
        let state = DoorState(.fixed(target), .ownProcess, dialer, configuration)
        guard let bootstrap = ServerBootstrap(validatingGroup: dialer.configuration.group) else {
            let kind = String(describing: type(of: dialer.configuration.group))
            let message = "\(kind) is not a MultiThreadedEventLoopGroup or one of its loops"
            throw DialError(.unsupportedEventLoop, message, target: folder.path)
        }
        do {
            let channel = try await accepting(state)(bootstrap).bind(unixDomainSocketPath: folder.path).get()
            folder.restrict()
            return Door(.path(folder.path), nil, state, [channel], folder)
        } catch {
            folder.remove()
            throw DialError(.invalidOption, "cannot listen: \(error)", target: folder.path, channelError: error)
        }
    }

    private static func listen(_ state: DoorState, _ secret: DoorSecret?) async throws(DialError) -> Door {
        let listener = try await Listener.bind(
            host: "127.0.0.1",
            port: 0,
            dialer: state.dialer,
            configure: accepting(state)
        )
        let port = listener.endpoints.first?.port ?? 0
        return Door(.port(port), secret, state, listener.channels, nil)
    }

    private static func accepting(_ state: DoorState) -> @Sendable (ServerBootstrap) -> ServerBootstrap {
        let waiting: CInt = 1_024
        return { bootstrap in
            bootstrap.serverChannelOption(.backlog, value: waiting)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(AcceptPause(state.room))
                    }
                }
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try DoorChannel.prepare(channel)
                        let passage = Passage(of: state, on: channel.eventLoop)
                        try channel.pipeline.syncOperations.addHandler(passage.makeNearEnd())
                    }
                }
        }
    }

    // MARK: - Asking

    /// How many have come, and how many are inside.
    public var counts: DoorCounts { state.counts }

    /// How the last failed dial to a target ended: clients drop the cause. `nil` for a target that has not failed, or
    /// not among the last 256 that have.
    ///
    /// - Parameter target: for an HTTP door a host and a port, as the client was told them; names are equal in either
    ///   case.
    public func lastError(for target: Target) -> DialError? { state.error(for: target) }

    /// How the last failed dial to a host ended, as `lastError(for:)`.
    public func lastError(forHost host: String, port: Int) -> DialError? {
        guard let target = try? Target(host: host, port: port) else { return nil }
        return lastError(for: target)
    }

    /// How the last failed dial of all ended; also that of a request for what can be no target.
    public var lastError: DialError? { state.lastError }

    /// What the door's dialer may dial; where it has no policy, anything.
    public var policy: AddressPolicy { state.dialer.configuration.policy ?? .unrestricted }

    /// How long a dial may take by its clocks' own timeouts, or by its deadline: a client that waits less long than
    /// this lets its timer pay for the queue.
    public var longestDial: Duration {
        let options = state.configuration.options
        let timeouts = options.timeouts.filled(from: state.dialer.configuration.timeouts.filled())
        let sum = timeouts.queue + timeouts.lookup + timeouts.connect + timeouts.handshake
        return min(sum, options.deadline?.bounded ?? sum)
    }

    // MARK: - Closing

    /// Closes the door: nobody comes in any more, dials under way are cancelled, and what is spliced may go on for a
    /// while. Returns when everything has ended, and leaves nothing behind. It may be called again.
    ///
    /// - Parameter limit: after this, splices are reset. Default 30 s; zero ends all at once.
    public func shutDown(within limit: Duration = .seconds(30)) async {
        // One that is closed already is as closed as it can be, and a loop that was shut down would never say so.
        for listener in listeners where listener.isActive { try? await listener.close() }
        await state.shutDown(within: max(.zero, limit))
        folder?.remove()
    }
}
