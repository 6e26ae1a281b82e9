// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialObservability
import FairPool
import IPAddresses
import InMemoryTracing
import NIOCore
import NIOPosix
import NameResolution
import Testing
import Tracing

/// The spans of a dial, made after it.
@Suite struct `A dial in a trace` {
    private let tracer = InMemoryTracer()

    private var observer: DialObservability {
        var configuration = ObservabilityConfiguration()
        configuration.tracer = tracer
        configuration.logs = false
        configuration.measures = false
        return DialObservability(configuration)
    }

    private func milliseconds(_ instant: any TracerInstant) -> Int {
        Int(instant.nanosecondsSinceEpoch / 1_000_000) - 1_000_000
    }

    @Test func `has its lookup, each attempt and its handshake as children, each in its time`() throws {
        let dial = try ObservedDials.connected()
        observer.dialBegins(to: dial.target)?(dial)
        let spans = tracer.finishedSpans
        let lines = spans.map { span in
            "\(span.operationName) \(milliseconds(span.startInstant))…\(milliseconds(span.endInstant))"
        }
        #expect(
            lines.sorted() == [
                "DNS lookup db.test 5…25", "TLS client handshake 285…300", "dial 0…300",
                "socket connect 192.0.2.1:80 25…285", "socket connect 192.0.2.2:80 275…285",
            ]
        )
        let root = try #require(spans.first { $0.operationName == "dial" })
        for span in spans where span.operationName != "dial" { #expect(span.parentSpanID == root.spanID) }
        #expect(root.attributes.get("server.address") == "db.test")
        #expect(root.status == nil)
    }

    @Test func `shows no password that was given with a name`() throws {
        let dial = try ObservedDials.connected(host: "app:secret@db.test")
        observer.dialBegins(to: dial.target)?(dial)
        let spans = tracer.finishedSpans
        let root = try #require(spans.first { $0.operationName == "dial" })
        #expect(root.attributes.get("server.address") == "…@db.test")
        let lookup = try #require(spans.first { $0.operationName == "DNS lookup …@db.test" })
        #expect(lookup.attributes.get("dns.question.name") == "…@db.test")
    }

    @Test func `is the child of the caller's span`() throws {
        let dial = try ObservedDials.connected()
        let observer = observer
        let caller = tracer.startSpan("caller")
        let end = ServiceContext.$current.withValue(caller.context) { observer.dialBegins(to: dial.target) }
        end?(dial)
        let root = tracer.finishedSpans.first { $0.operationName == "dial" }
        #expect(root?.parentSpanID == caller.spanID)
        caller.end()
    }

    @Test func `that a pool makes is no child of the caller that happened to ask`() async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { $0.eventLoop.makeSucceededVoidFuture() }
            .bind(host: "127.0.0.1", port: 0).get()
        var dialing = DialerConfiguration()
        dialing.observer = observer
        let pool = ConnectionPool(
            to: try Target(host: "127.0.0.1", port: #require(server.localAddress?.port)),
            dialer: Dialer(dialing)
        ) {
            $0.eventLoop.makeSucceededFuture($0)
        }
        let caller = tracer.startSpan("caller")
        try await ServiceContext.$current.withValue(caller.context) { try await pool.withConnection { _ in } }
        caller.end()
        await pool.close()
        let dials = tracer.finishedSpans.filter { $0.operationName == "dial" }
        #expect(dials.count == 1)
        #expect(dials.first?.parentSpanID == nil)
        try await server.close()
    }

    @Test func `says that it failed, and with which code`() throws {
        let report = DialReport(lookup: .seconds(5))
        let dial = try ObservedDials.dial(.failed(ObservedDials.error(.lookupTimeout, report)), report)
        observer.dialBegins(to: dial.target)?(dial)
        let root = try #require(tracer.finishedSpans.first { $0.operationName == "dial" })
        #expect(root.status?.code == .error)
        #expect(root.attributes.get("error.type") == "lookupTimeout")
        #expect(root.errors.count == 1)
    }

    @Test func `blames its lookup only for what that did`() throws {
        for (code, source) in [(DialError.Code.cancelled, LookupSource.dns), (.lookupTimeout, nil)] {
            let report = DialReport(lookup: .seconds(5), source: source)
            let dial = try ObservedDials.dial(.failed(ObservedDials.error(code, report)), report)
            observer.dialBegins(to: dial.target)?(dial)
        }
        let lookups = tracer.finishedSpans.filter { $0.operationName.hasPrefix("DNS lookup") }
        #expect(lookups.map { $0.status?.code } == [nil, .error])
        #expect(lookups.map { $0.attributes.get("error.type") } == [nil, "lookupTimeout"])
    }

    @Test func `links a lookup that it shared`() throws {
        let observer = observer
        for _ in 0..<3 {
            let dial = try ObservedDials.connected(lookups: [7])
            observer.dialBegins(to: dial.target)?(dial)
        }
        let lookups = tracer.finishedSpans.filter { $0.operationName == "DNS lookup db.test" }
        #expect(lookups.map(\.links.count) == [0, 1, 1])
        let other = try ObservedDials.connected(lookups: [8])
        observer.dialBegins(to: other.target)?(other)
        #expect(tracer.finishedSpans.last { $0.operationName == "DNS lookup db.test" }?.links.count == 0)
    }

    @Test func `shows no attempt that the policy forbade, and no lookup that there was not`() throws {
        let forbidden = AttemptReport(
            destination: .internet(try Endpoint("127.0.0.1:80")),
            started: .zero,
            ended: .zero,
            outcome: .vetoed
        )
        let report = DialReport(lookup: .nanoseconds(300), attempts: [forbidden])
        let error = ObservedDials.error(.refusedByPolicy, report)
        let dial = try ObservedDials.dial(.failed(error), report, lookedUp: false)
        observer.dialBegins(to: dial.target)?(dial)
        #expect(tracer.finishedSpans.map(\.operationName) == ["dial"])
    }

    @Test func `has no bytes that a terminal obeys, and addresses apart from their ports`() throws {
        let dial = try ObservedDials.connected(host: "a\u{1B}[31mb")
        observer.dialBegins(to: dial.target)?(dial)
        let root = try #require(tracer.finishedSpans.first { $0.operationName == "dial" })
        #expect(root.attributes.get("network.peer.address") == "192.0.2.2")
        #expect(root.attributes.get("network.peer.port") == .int64(80))
        for span in tracer.finishedSpans {
            let text = span.operationName + "\(span.attributes)"
            #expect(!text.unicodeScalars.contains { $0.value < 0x20 })
        }
    }

    @Test func `of extreme times does not trap`() throws {
        let longest = Duration(attoseconds: .max)
        let report = DialReport(queue: longest, lookup: longest, connect: longest, handshake: longest)
        for start in [longest, .zero, Duration(attoseconds: .min)] {
            let dial = ObservedDial(
                target: try Target(host: "db.test", port: 80),
                start: start,
                duration: longest,
                report: report,
                outcome: .failed(ObservedDials.error(.handshakeTimeout, report)),
                lookedUp: true
            )
            observer.dialBegins(to: dial.target)?(dial)
        }
        #expect(tracer.finishedSpans.count == 9)
    }

    @Test func `is not made where there is no tracer`() throws {
        var configuration = ObservabilityConfiguration()
        configuration.tracer = NoOpTracer()
        configuration.logs = false
        configuration.measures = false
        #expect(DialObservability(configuration).dialBegins(to: try Target(host: "db.test", port: 80)) == nil)
    }
}
