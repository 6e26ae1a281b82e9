// SPDX-License-Identifier: Apache-2.0

import FairDial
import IPAddresses
import NameResolution
import Tracing

/// One dial's spans, made of its report once it has ended: a dial without a tracer pays for none.
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
        // A pool's dial begins on the thread of a caller whom its connection need not be for.
        parent = DialScope.isOwn ? .topLevel : ServiceContext.current ?? .topLevel
    }

    func tell(_ dial: ObservedDial) {
        tell(dial, to: tracer)
    }

    private func tell(_ dial: ObservedDial, to tracer: some Tracer) {
        let span = tracer.startSpan("dial", context: parent, ofKind: .internal, at: Self.instant(dial.start, .zero))
        // A sampler may leave the dial out: then its children are not made either.
        if span.isRecording {
            span.updateAttributes { Self.describe(dial, &$0) }
            if let error = dial.error { Self.note(error, on: span, at: Self.instant(dial.start, dial.duration)) }
            lookUp(dial, in: span.context, to: tracer)
            // What the policy has forbidden was not tried.
            for attempt in dial.report.attempts where attempt.outcome != .vetoed {
                connect(attempt, of: dial, in: span.context, to: tracer)
            }
            shakeHands(dial, in: span.context, to: tracer)
        }
        span.end(at: Self.instant(dial.start, dial.duration))
    }

    private static func describe(_ dial: ObservedDial, _ attributes: inout SpanAttributes) {
        attributes["server.address"] = (dial.target.host ?? dial.target.description).withoutUserInfo.printable
        if let port = dial.target.port { attributes["server.port"] = Int(port) }
        attributes["fairdial.queue_s"] = dial.report.queue / .seconds(1)
        if let source = dial.report.source { attributes["fairdial.source"] = source.rawValue }
        if case .connected(let winner) = dial.outcome {
            describe(winner.destination, &attributes)
        }
    }

    /// The address alone, and its port beside it; of a Unix socket the path.
    private static func describe(_ destination: Destination, _ attributes: inout SpanAttributes) {
        guard let endpoint = destination.endpoint else {
            attributes["network.peer.address"] = destination.description.printable
            return
        }
        attributes["network.peer.address"] = "\(endpoint.address)"
        attributes["network.peer.port"] = Int(endpoint.port)
    }

    private static func note(_ error: DialError, on span: some Span, at time: DefaultTracerClock.Timestamp) {
        span.setStatus(SpanStatus(code: .error, message: error.message.printable))
        span.updateAttributes { $0["error.type"] = error.code.rawValue }
        span.recordError(error, attributes: [:], at: time)
    }

    private func lookUp(_ dial: ObservedDial, in parent: ServiceContext, to tracer: some Tracer) {
        let report = dial.report
        guard dial.lookedUp, let host = dial.target.host else { return }
        let span = tracer.startSpan(
            "DNS lookup \(host.withoutUserInfo.printable)",
            context: parent,
            ofKind: .internal,
            at: Self.instant(dial.start, report.queue)
        )
        span.updateAttributes { attributes in
            attributes["dns.question.name"] = host.withoutUserInfo.printable
            if let source = report.source { attributes["fairdial.source"] = source.rawValue }
            if let server = report.server { attributes["fairdial.dns.server"] = "\(server)" }
        }
        if let error = dial.lookupError {
            span.setStatus(SpanStatus(code: .error, message: error.message.printable))
            span.updateAttributes { $0["error.type"] = error.code.rawValue }
        }
        for other in links.spans(of: dial.lookups, or: span.context) {
            span.addLink(SpanLink(context: other, attributes: [:]))
        }
        span.end(at: Self.instant(dial.start, report.queue, report.lookup))
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
            at: Self.instant(dial.start, attempt.started)
        )
        span.updateAttributes { attributes in
            Self.describe(attempt.destination, &attributes)
            attributes["fairdial.outcome"] = attempt.outcome?.rawValue
        }
        if let outcome = attempt.outcome, outcome != .connected, outcome != .abandoned {
            span.setStatus(SpanStatus(code: .error, message: attempt.reason?.printable))
            span.updateAttributes { $0["error.type"] = outcome.rawValue }
        }
        span.end(at: Self.instant(dial.start, attempt.ended ?? dial.duration))
    }

    private func shakeHands(_ dial: ObservedDial, in parent: ServiceContext, to tracer: some Tracer) {
        guard let handshake = dial.report.handshake else { return }
        let span = tracer.startSpan(
            dial.awaitedTLS ? "TLS client handshake" : "handshake",
            context: parent,
            ofKind: .internal,
            at: Self.instant(
                dial.start,
                dial.duration.nanoseconds < handshake.nanoseconds ? .zero : dial.duration - handshake
            )
        )
        // It is the last of a dial's clocks, so whatever ended the dial ended it.
        if let error = dial.error {
            span.setStatus(SpanStatus(code: .error, message: error.message.printable))
            span.updateAttributes { $0["error.type"] = error.code.rawValue }
        }
        span.end(at: Self.instant(dial.start, dial.duration))
    }

    /// A moment so long after another one; no sum of durations traps.
    private static func instant(_ start: Duration, _ later: Duration...) -> DefaultTracerClock.Timestamp {
        let nanoseconds = later.reduce(start.nanoseconds) { sum, part in
            let (next, overflow) = sum.addingReportingOverflow(part.nanoseconds)
            return overflow ? .max : next
        }
        return DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: UInt64(clamping: nanoseconds))
    }
}
