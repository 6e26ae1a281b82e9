// SPDX-License-Identifier: Apache-2.0

import FairDial
import IPAddresses
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Rounds of dials, 64 at once, each closed with a reset so that ports do not run out.
struct DialRound {
    static let atOnce = 64
    private static let reset = linger(l_onoff: 1, l_linger: 0)

    private let dialing: Dialing
    private let port: Int
    private let address: SocketAddress
    private let loop: any EventLoop
    private let dialer: Dialer
    private let observer = SilentBackEnds.observer
    private let observed = ObservedDial.whole

    init(_ dialing: Dialing, port: Int, on group: MultiThreadedEventLoopGroup) {
        self.dialing = dialing
        self.port = port
        loop = group.next()
        address = SocketAddress(loopbackPort: port)
        var configuration = DialerConfiguration()
        configuration.group = group
        if case .observed = dialing { configuration.observer = SilentBackEnds.observer }
        if case .raced = dialing {
            configuration.overrides = ["raced.test": [.v6(.loopback, zone: nil), .v4(.loopback)]]
        }
        dialer = Dialer(configuration)
    }

    /// All lanes side by side.
    func run(dials: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.atOnce { group.addTask { try await lane(dials / Self.atOnce) } }
            try await group.waitForAll()
        }
    }

    private func lane(_ dials: Int) async throws {
        switch dialing {
        case .nioAddress, .nioHost, .future:
            let done = loop.makePromise(of: Void.self)
            loop.execute { step(dials, done) }
            try await done.futureResult.get()
        case .nioAddressTask, .nioHostTask:
            for _ in 0..<dials { try await dial().get() }
        case .told:
            for _ in 0..<dials { observer.dialBegins(to: observed.target)?(observed) }
        case .async, .observed:
            for _ in 0..<dials {
                let channel = try await dialer.connect(to: "127.0.0.1", port: port).output
                try await Self.close(channel).get()
            }
        case .socket:
            for _ in 0..<dials {
                Self.close(try await dialer.connectSocket(to: Target(host: "127.0.0.1", port: port)).take())
            }
        case .raced:
            for _ in 0..<dials {
                Self.close(try await dialer.connectSocket(to: Target(host: "raced.test", port: port)).take())
            }
        }
    }

    /// One dial after the other, each from the callback of the last.
    private func step(_ left: Int, _ done: EventLoopPromise<Void>) {
        guard left > 0 else { return done.succeed() }
        dial().whenComplete { result in
            switch result {
            case .success: step(left - 1, done)
            case .failure(let error): done.fail(error)
            }
        }
    }

    private func dial() -> EventLoopFuture<Void> {
        switch dialing {
        case .nioAddress, .nioAddressTask: bootstrap.connect(to: address).flatMap(Self.close)
        case .nioHost, .nioHostTask: bootstrap.connect(host: "127.0.0.1", port: port).flatMap(Self.close)
        case .future, .async, .observed, .told, .socket, .raced:
            dialer.connect(to: "127.0.0.1", port: port, on: loop)
                .flatMap { Self.close($0.output) }
        }
    }

    private var bootstrap: ClientBootstrap {
        ClientBootstrap(group: loop).channelInitializer { $0.eventLoop.makeSucceededVoidFuture() }
    }

    @Sendable
    private static func close(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard let socket = channel as? any SocketOptionProvider else { return channel.close() }
        return socket.setSoLinger(reset).flatMap { channel.close() }
    }

    private static func close(_ descriptor: CInt) {
        var linger = reset
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
            _ = Musl.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
    }
}

extension ObservedDial {
    /// A dial with everything that there is to be told.
    fileprivate static var whole: ObservedDial {
        let addresses = [IPv4Address(bits: 0xC000_0201), IPv4Address(bits: 0xC000_0202)]
        let destinations = addresses.map { Destination.internet(Endpoint(address: .v4($0), port: 80)) }
        let report = DialReport(
            queue: .milliseconds(1),
            lookup: .milliseconds(20),
            connect: .milliseconds(260),
            handshake: .milliseconds(15),
            source: .dns,
            server: Endpoint(address: .v4(.loopback), port: 53),
            attempts: [
                AttemptReport(
                    destination: destinations[0],
                    started: .milliseconds(21),
                    ended: .milliseconds(281),
                    outcome: .abandoned
                ),
                AttemptReport(
                    destination: destinations[1],
                    started: .milliseconds(271),
                    ended: .milliseconds(281),
                    outcome: .connected
                ),
            ]
        )
        guard let target = try? Target(host: "db.example.org", port: 80) else { preconditionFailure("a host is one") }
        return ObservedDial(
            target: target,
            start: .seconds(1_700_000_000),
            duration: report.total,
            report: report,
            outcome: .connected(DialWinner(destination: destinations[1])),
            lookups: [7]
        )
    }
}

extension SocketAddress {
    /// `127.0.0.1` and a port.
    fileprivate init(loopbackPort port: Int) {
        var socketAddress = sockaddr_in()
        socketAddress.sin_family = sa_family_t(AF_INET)
        socketAddress.sin_addr.s_addr = IPAddresses.IPv4Address.loopback.bits.bigEndian
        socketAddress.sin_port = in_port_t(UInt16(port)).bigEndian
        self.init(socketAddress)
    }
}
