// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Dispatch
import FairDial
import FairDialObservability
import InMemoryLogging
import InMemoryTracing
import Logging
import MetricsTestKit
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing
import Tracing

/// Loggers, metrics and tracers do as they like: they call the dialer, or take their time.
@Suite(.timeLimit(.minutes(15))) struct `A back end` {
    /// Does something for each thing that is written to it.
    private struct CallingLog: LogHandler {
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        let call: @Sendable () -> Void

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { call() }
    }

    /// Does something for each value that is recorded.
    private final class CallingTimer: TimerHandler {
        let call: @Sendable () -> Void

        init(_ call: @escaping @Sendable () -> Void) {
            self.call = call
        }

        func recordNanoseconds(_ duration: Int64) { call() }
    }

    /// Makes such timers, and counters that count.
    private struct CallingMetrics: MetricsFactory {
        let metrics = TestMetrics()
        let call: @Sendable () -> Void

        func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
            metrics.makeCounter(label: label, dimensions: dimensions)
        }

        func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
            metrics.makeRecorder(label: label, dimensions: dimensions, aggregate: aggregate)
        }

        func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
            CallingTimer(call)
        }

        func destroyCounter(_ handler: any CounterHandler) {}
        func destroyRecorder(_ handler: any RecorderHandler) {}
        func destroyTimer(_ handler: any TimerHandler) {}
    }

    /// Does something for each span that it starts.
    private struct CallingTracer: Tracer {
        let tracer = InMemoryTracer()
        let call: @Sendable () -> Void

        func startSpan<Instant: TracerInstant>(
            _ operationName: String,
            context: @autoclosure () -> ServiceContext,
            ofKind kind: SpanKind,
            at instant: @autoclosure () -> Instant,
            function: String,
            file fileID: String,
            line: UInt
        ) -> InMemorySpan {
            call()
            return tracer.startSpan(
                operationName,
                context: context(),
                ofKind: kind,
                at: instant(),
                function: function,
                file: fileID,
                line: line
            )
        }

        func forceFlush() {}

        func extract<Carrier, Extract: Extractor>(
            _ carrier: Carrier,
            into context: inout ServiceContext,
            using extractor: Extract
        ) where Extract.Carrier == Carrier {}

        func inject<Carrier, Inject: Injector>(
            _ context: ServiceContext,
            into carrier: inout Carrier,
            using injector: Inject
        ) where Inject.Carrier == Carrier {}
    }

    private static func observer(_ kind: String, _ call: @escaping @Sendable () -> Void) -> DialObservability {
        var configuration = ObservabilityConfiguration()
        configuration.logs = kind == "log"
        configuration.measures = kind == "metrics"
        configuration.traces = kind == "tracer"
        configuration.logger = Logger(label: "test") { _ in CallingLog(call: call) }
        configuration.metricsFactory = CallingMetrics(call: call)
        configuration.tracer = CallingTracer(call: call)
        return DialObservability(configuration)
    }

    /// Accepts whoever connects.
    private static func server() async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .bind(host: "127.0.0.1", port: 0).get()
    }

    /// How often a back end calls back: each of these dials is observed, and calls it again.
    private static let most = 100

    @Test(arguments: ["log", "metrics", "tracer"])
    func `may dial, and is called for that dial too`(kind: String) async throws {
        let server = try await Self.server()
        let port = try #require(server.localAddress?.port)
        let dials = NIOLockedValueBox<[EventLoopFuture<Connection<any Channel>>]>([])
        let dialer = NIOLockedValueBox(Dialer.shared)
        // Of its own: other tests hold up the loops that all share.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let (again, isAgain) = AsyncStream.makeStream(of: Void.self)
        let observer = Self.observer(kind) {
            let count = dials.withLockedValue { $0.count }
            guard count < Self.most else { return isAgain.finish() }
            let dial = dialer.withLockedValue { $0 }.connect(to: "127.0.0.1", port: port, on: loop)
            dials.withLockedValue { $0.append(dial) }
        }
        var configuration = DialerConfiguration()
        configuration.observer = observer
        configuration.group = group
        dialer.withLockedValue { $0 = Dialer(configuration) }
        let first = try await dialer.withLockedValue { $0 }.connect(to: "127.0.0.1", port: port)
        try await first.channel.close()
        for await _ in again {}
        for dial in dials.withLockedValue({ $0 }) { try await dial.get().channel.close() }
        #expect(dials.withLockedValue { $0.count } >= Self.most)
        try await server.close()
        try await group.shutdownGracefully()
    }

    @Test(arguments: ["log", "metrics", "tracer"])
    func `that blocks holds up its own event loop, and no dial on another`(kind: String) async throws {
        let server = try await Self.server()
        let port = try #require(server.localAddress?.port)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let loops = Array(group.makeIterator())
        let isOpen = DispatchSemaphore(value: 0)
        let (blocked, isBlocked) = AsyncStream.makeStream(of: Void.self)
        let isFirst = NIOLockedValueBox(true)
        var configuration = DialerConfiguration()
        configuration.observer = Self.observer(kind) {
            let mustBlock = isFirst.withLockedValue { first in
                defer { first = false }
                return first
            }
            guard mustBlock else { return }
            isBlocked.finish()
            isOpen.wait()
        }
        let dialer = Dialer(configuration)
        let held = dialer.connect(to: "127.0.0.1", port: port, on: loops[0])
        for await _ in blocked {}
        // The name is local, so the second dial also passes the resolver that both share.
        let free = try await dialer.connect(to: "localhost", port: port, on: loops[1]).get()
        try await free.channel.close()
        isOpen.signal()
        try await held.get().channel.close()
        try await server.close()
        try await group.shutdownGracefully()
    }
}
