// SPDX-License-Identifier: Apache-2.0

public import FairDial
import Logging
import Tracing

/// Shows every dial of a dialer in logs, metrics and traces, each where it is wanted.
///
/// ```swift
/// var configuration = DialerConfiguration()
/// configuration.observer = DialObservability()
/// let dialer = Dialer(configuration)
/// ```
///
/// It has no logger, factory or tracer of its own: it uses those that it is given, or else the process's, those of the
/// caller's task first (`withLogger`, `withTracer`).
///
/// A back end that blocks delays the dial's event loop: what it is handed, it must only keep.
@available(FairDial 0.1, *)
public struct DialObservability: DialObserver {
    private let configuration: ObservabilityConfiguration
    private let metrics: DialMetrics?
    private let links = LookupLinks()

    /// An observer from its configuration; by default it logs, counts and traces.
    public init(_ configuration: ObservabilityConfiguration = ObservabilityConfiguration()) {
        self.configuration = configuration
        metrics = configuration.measures ? DialMetrics(configuration) : nil
    }

    /// Captures the logger, tracer and span of the caller's task. A pool's dial has no span of a caller: its connection
    /// may go to any caller.
    public func dialBegins(to target: Target) -> (@Sendable (ObservedDial) -> Void)? {
        let logger = configuration.logs ? DialLog(configuration.logger ?? Logger.current) : nil
        let trace = configuration.traces ? DialTrace(by: configuration.tracer, links: links) : nil
        guard logger != nil || trace != nil || metrics != nil else { return nil }
        return { [metrics] dial in
            logger?.tell(dial)
            metrics?.count(dial)
            trace?.tell(dial)
        }
    }
}
