// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import FairDial
import IPAddresses
import NameResolution
import Tracing

/// One dial's spans, made of its report once it has ended: a dial that nobody traces pays for none.
///
///     dial ├ DNS lookup {name} ├ socket connect {address}:{port} … └ TLS client handshake
///
/// The names are OpenTelemetry's, and so are the attributes that have one. A lookup that another dial had begun, or
/// waits for too, is linked with the span of the dial that was told first.
@available(FairDial 0.1, *)
struct DialTrace: Sendable {
    private let tracer: any Tracer
    private let parent: ServiceContext
    private let links: LookupLinks

    /// - Parameter tracer: `nil` for the one of the caller's task.
    /// - Returns: `nil` where there is no tracer.
    init?(by tracer: (any Tracer)?, links: LookupLinks) {
        let tracer = tracer ?? InstrumentationSystem.tracer
        if tracer is NoOpTracer { return nil }
        self.tracer = tracer
        self.links = links
        parent = ServiceContext.current ?? .topLevel
    }

    func tell(_ dial: ObservedDial) {
        tell(dial, to: tracer)
    }

    private func tell(_ dial: ObservedDial, to tracer: some Tracer) {
        let span = tracer.startSpan("dial", context: parent, ofKind: .internal, at: Self.instant(dial.start))
        // Whoever samples may not want it: then its children are not made either.
        if span.isRecording {
            span.updateAttributes { Self.describe(dial, &$0) }
            if let error = dial.error { Self.note(error, on: span, at: dial.start + dial.duration) }
            lookUp(dial, in: span.context, to: tracer)
            for attempt in dial.report.attempts { connect(attempt, of: dial, in: span.context, to: tracer) }
            shakeHands(dial, in: span.context, to: tracer)
        }
        span.end(at: Self.instant(dial.start + dial.duration))
    }

    private static func describe(_ dial: ObservedDial, _ attributes: inout SpanAttributes) {
        attributes["server.address"] = dial.target.host ?? dial.target.description.printable
        if let port = dial.target.port { attributes["server.port"] = Int(port) }
        attributes["fairdial.queue_s"] = dial.report.queue / .seconds(1)
        if let source = dial.report.source { attributes["fairdial.source"] = source.rawValue }
        if case .connected(let winner) = dial.outcome {
            attributes["network.peer.address"] = winner.destination.description
        }
    }

    private static func note(_ error: DialError, on span: some Span, at time: Duration) {
        span.setStatus(SpanStatus(code: .error, message: error.message.printable))
        span.updateAttributes { $0["error.type"] = error.code.rawValue }
        span.recordError(error, attributes: [:], at: instant(time))
    }

    private func lookUp(_ dial: ObservedDial, in parent: ServiceContext, to tracer: some Tracer) {
        let report = dial.report
        guard report.source != .numeric, report.lookup > .zero, let host = dial.target.host else { return }
        let start = dial.start + report.queue
        let span = tracer.startSpan(
            "DNS lookup \(host.printable)",
            context: parent,
            ofKind: .internal,
            at: Self.instant(start)
        )
        span.updateAttributes { attributes in
            attributes["dns.question.name"] = host.printable
            if let source = report.source { attributes["fairdial.source"] = source.rawValue }
            if let server = report.server { attributes["fairdial.dns.server"] = "\(server)" }
        }
        for other in links.spans(of: dial.lookups, or: span.context) {
            span.addLink(SpanLink(context: other, attributes: [:]))
        }
        span.end(at: Self.instant(start + report.lookup))
    }

    private func connect(
        _ attempt: AttemptReport,
        of dial: ObservedDial,
        in parent: ServiceContext,
        to tracer: some Tracer
    ) {
        let span = tracer.startSpan(
            "socket connect \(attempt.destination)",
            context: parent,
            ofKind: .internal,
            at: Self.instant(dial.start + attempt.started)
        )
        span.updateAttributes { attributes in
            if let endpoint = attempt.destination.endpoint {
                attributes["network.peer.address"] = "\(endpoint.address)"
                attributes["network.peer.port"] = Int(endpoint.port)
            }
            attributes["fairdial.outcome"] = attempt.outcome?.rawValue
        }
        if let outcome = attempt.outcome, outcome != .connected, outcome != .abandoned {
            span.setStatus(SpanStatus(code: .error, message: attempt.reason?.printable))
            span.updateAttributes { $0["error.type"] = outcome.rawValue }
        }
        span.end(at: Self.instant(dial.start + (attempt.ended ?? dial.duration)))
    }

    private func shakeHands(_ dial: ObservedDial, in parent: ServiceContext, to tracer: some Tracer) {
        guard let handshake = dial.report.handshake else { return }
        let end = dial.start + dial.duration
        let span = tracer.startSpan(
            "TLS client handshake",
            context: parent,
            ofKind: .internal,
            at: Self.instant(end - handshake)
        )
        if let error = dial.error, error.code.isOfHandshake {
            span.setStatus(SpanStatus(code: .error, message: error.message.printable))
            span.updateAttributes { $0["error.type"] = error.code.rawValue }
        }
        span.end(at: Self.instant(end))
    }

    private static func instant(_ time: Duration) -> DefaultTracerClock.Timestamp {
        DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: UInt64(clamping: time.nanoseconds))
    }
}

@available(FairDial 0.1, *)
extension DialError.Code {
    /// Whether it says that it was the handshake.
    var isOfHandshake: Bool { self == .handshakeFailed || self == .handshakeTimeout }
}
