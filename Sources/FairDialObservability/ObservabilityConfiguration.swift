// SPDX-License-Identifier: Apache-2.0

public import CoreMetrics
public import Logging
public import Tracing

/// What `DialObservability` tells, and to whom.
@available(FairDial 0.1, *)
public struct ObservabilityConfiguration: Sendable {
    /// Whether dials are logged: failures at `debug`, the others at `trace`. Default yes.
    public var logs = true

    /// The logger; `nil`, the default, for the one of the caller's task when the dial begins (`Logger.current`).
    public var logger: Logger?

    /// Whether dials are measured: `fairdial.dial.duration` and the others that `DialMetrics` lists. Default yes.
    public var measures = true

    /// What makes the metrics; `nil`, the default, for the process's when the observer is made.
    public var metricsFactory: (any MetricsFactory)?

    /// Whether metrics say which host was dialed, in the dimension `server.address`. Default no: every host is another
    /// time series.
    public var namesHosts = false

    /// How many hosts metrics name at most, where `namesHosts` is set; all others are `other`. Default 100; below 0 is
    /// 0.
    public var hostLimit = 100

    /// How many names of pools `PoolMetrics` uses at most; all others are `other`. Default 100; below 0 is 0.
    public var poolLimit = 100

    /// Whether each dial becomes a span, with children for its lookup, its attempts and its handshake. Default yes.
    public var traces = true

    /// The tracer; `nil`, the default, for the one of the caller's task when the dial begins.
    public var tracer: (any Tracer)?

    /// The defaults.
    public init() {}
}
