// SPDX-License-Identifier: Apache-2.0

// Nothing else is imported: every line of the public face must compile with these.
import FairDial
import NIOCore
import Testing

@Suite struct `The public face` {
    /// Each line as a user writes it; it is compiled, and the names do not exist.
    private func everyLine(on eventLoop: any EventLoop, _ endpoint1: Endpoint, _ endpoint2: Endpoint) async throws {
        let dialer = Dialer(timeouts: Timeouts(lookup: .seconds(5), connect: .seconds(2)))
        let a = try await dialer.connect(to: "db.example.org", port: 27017)
        let b = try await dialer.connect(to: Target("[fe80::1%eth0]:6379"))
        let c = try await dialer.connect(to: .path("/run/postgresql/.s.PGSQL.5432"))
        let d = try await dialer.connect(to: .endpoints([endpoint1, endpoint2], name: "db"))
        let e = try await dialer.connect(to: .service("_mongodb._tcp.cluster.example.org"))
        let f = try await dialer.connect(to: "db.example.org", port: 27017) { channel in
            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
        _ = (f.output, f.report.lookup, f.report.attempts)
        print(f.report)
        let g: EventLoopFuture<Connection<any Channel>> = dialer.connect(to: "127.0.0.1", port: 80, on: eventLoop)
        let answer = try await dialer.resolve("feeds.example.com", port: 443)
        _ = answer.endpoints.map(SocketAddress.init)
        _ = answer.expires
        let h = try await dialer.connect(to: .answer(answer))
        let i: EventLoopFuture<Connection<Int>> = dialer.connect(to: try Target("db.test:80"), on: eventLoop) {
            channel in
            channel.eventLoop.makeSucceededFuture(1)
        }
        let j: EventLoopFuture<CInt> = dialer.connectSocket(to: try Target("db.test:80"), on: eventLoop) { socket in
            socket.take()
        }
        _ = (a, b, c, d, e, g, h, i, j)
    }

    private func everyFact(of error: DialError) -> [Any?] {
        [
            error.code == .connectTimeout, error.isRetryable, error.fault, error.report.attempts, error.errno,
            error.logMetadata["dial.code"],
        ]
    }

    @Test func `results are made without a network, and say what they were made of`() throws {
        let endpoint = try Endpoint(address: IPAddress("192.0.2.1"), port: 80)
        let attempt = AttemptReport(
            destination: .internet(endpoint),
            started: .zero,
            ended: .milliseconds(3),
            outcome: .refused,
            errorNumber: 111
        )
        let report = DialReport(lookup: .milliseconds(12), source: .dns, attempts: [attempt])
        let error = DialError(.allAttemptsFailed, "the only address failed", target: "db.test:80", report: report)
        #expect(error.errno == 111)
        #expect(error.errorDescription == error.description)
        #expect(error.logMetadata["dial.code"] == "allAttemptsFailed")
        #expect(error.logMetadata["dial.errno"] == "111")
        #expect(everyFact(of: error).count == 6)
        let answer = Answer(target: try Target("db.test:80"), endpoints: [endpoint], report: report)
        #expect(answer.endpoints.map(SocketAddress.init).map(\.port) == [80])
        #expect(answer.report.lookup == .milliseconds(12))
        #expect(DialReport(source: .dns, unanswered: .ipv6).unanswered == .ipv6)
    }
}
