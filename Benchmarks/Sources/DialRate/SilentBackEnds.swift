// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import FairDialObservability
import Logging
import Tracing

/// Back ends that take everything and keep nothing, so that what is counted is ours.
enum SilentBackEnds {
    static var observer: DialObservability {
        var configuration = ObservabilityConfiguration()
        var logger = Logger(label: "bench") { _ in SilentLog() }
        logger.logLevel = .debug
        configuration.logger = logger
        configuration.metricsFactory = NOOPMetricsHandler.instance
        configuration.tracer = SilentTracer()
        return DialObservability(configuration)
    }
}

private struct SilentLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {}
}

private struct SilentTracer: Tracer {
    struct Recording: Tracing.Span {
        let context: ServiceContext
        var operationName: String {
            get { "" }
            nonmutating set {}
        }
        var attributes: SpanAttributes {
            get { [:] }
            nonmutating set {}
        }
        var isRecording: Bool { true }

        func setStatus(_ status: SpanStatus) {}
        func addEvent(_ event: SpanEvent) {}
        func addLink(_ link: SpanLink) {}
        func recordError<Instant: TracerInstant>(
            _ error: any Error,
            attributes: SpanAttributes,
            at instant: @autoclosure () -> Instant
        ) {}
        func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) { _ = instant() }
    }

    func startSpan<Instant: TracerInstant>(
        _ operationName: String,
        context: @autoclosure () -> ServiceContext,
        ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant,
        function: String,
        file fileID: String,
        line: UInt
    ) -> Recording {
        _ = instant()
        return Recording(context: context())
    }

    func forceFlush() {}

    func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Carrier == Inject.Carrier {}

    func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Carrier == Extract.Carrier {}
}
