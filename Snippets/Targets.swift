// SPDX-License-Identifier: Apache-2.0

// Everything that can be dialed is a target, and every `connect` takes a target. A connection that is dropped, as by
// `_ =` below, closes its channel: keep it, or its `channel` or `output`.

import FairDial
import NIOCore

func targets(on eventLoop: any EventLoop, _ discovered: [Endpoint]) async throws {
    let dialer = Dialer.shared
    _ = try await dialer.connect(to: Target("[fe80::1%eth0]:6379"))  // text
    _ = try await dialer.connect(to: "127.0.0.1", port: 53, over: .datagram)  // UDP
    _ = try await dialer.connect(to: .path("/run/postgresql/.s.PGSQL.5432"))  // a Unix domain socket
    _ = try await dialer.connect(to: .endpoints(discovered, name: "db"))  // service discovery joins the race
    let cluster = try await dialer.connect(to: .service("_mongodb._tcp.cluster.example.org"))  // SRV
    print(cluster.winner.serverName ?? "", cluster.report.service?.targets ?? [])

    let answer = try await dialer.resolve("feeds.example.com", port: 443)  // look first, dial later
    _ = try await dialer.connect(to: .answer(answer))

    let future: EventLoopFuture<Connection<any Channel>> = dialer.connect(to: "127.0.0.1", port: 80, on: eventLoop)
    future.whenFailure { error in print((error as? DialError)?.logMetadata ?? [:]) }

    let socket = try await dialer.connectSocket(to: Target("127.0.0.1:80"))  // closed with its owner, unless taken
    print(socket.winner.destination.endpoint?.port ?? 0)  // a destination's `endpoint` is `nil` for a path

    let stream: Connection<NIOAsyncChannel<ByteBuffer, ByteBuffer>> =
        try await dialer.connectAsyncChannel(to: Target(host: "db.example.org", port: 6379))
    print(stream.report)
}
