// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import FairDial
import IPAddresses
import NIOConcurrencyHelpers
import NameResolution

/// Counts and times of all dials, each made when it is first needed, and kept.
///
/// | metric | kind | dimensions |
/// |---|---|---|
/// | `fairdial.dials` | counter | `outcome`: `connected`, `resolved`, or the error's code |
/// | `fairdial.dial.duration` | timer | `outcome` |
/// | `fairdial.queue.duration` | timer | – |
/// | `dns.lookup.duration` | timer | `source`; `error.type`: why the lookup failed |
/// | `fairdial.connect.duration` | timer | – |
/// | `fairdial.handshake.duration` | timer | – |
/// | `fairdial.attempts` | counter | `outcome` of the attempt |
///
/// Of each dial the four clocks add up to `fairdial.dial.duration`; where only the initializer is waited for,
/// its time is in the duration alone. With `namesHosts` each has `server.address` too. A metric always has the same
/// dimensions, `none` where there is nothing to say: Prometheus and others take no other set under one name.
@available(FairDial 0.1, *)
final class DialMetrics: Sendable {
    /// What a metric is found by. Of its dimensions those count that are not `nil`.
    private struct Key: Hashable {
        let label: String
        var outcome: String?
        var source: String?
        var error: String?
        let host: String?
    }

    /// What a dimension says where there is nothing to say.
    private static let none = "none"

    private struct Kept: Sendable {
        var timers: [Key: CoreMetrics.Timer] = [:]
        var counters: [Key: Counter] = [:]
        var hosts: Set<String> = []
    }

    private let factory: any MetricsFactory
    private let namesHosts: Bool
    private let hostLimit: Int
    private let kept = NIOLockedValueBox(Kept())

    init(_ configuration: ObservabilityConfiguration) {
        factory = configuration.metricsFactory ?? MetricsSystem.factory
        namesHosts = configuration.namesHosts
        hostLimit = configuration.hostLimit
    }

    func count(_ dial: ObservedDial) {
        let report = dial.report
        let host = namesHosts ? label(of: dial.target) : nil
        let outcome: String
        var lookupError: String?
        switch dial.outcome {
        case .connected: outcome = "connected"
        case .failed(let error):
            outcome = error.code.rawValue
            if dial.lookupError != nil { lookupError = outcome }
        default: outcome = "resolved"
        }
        counter(Key(label: "fairdial.dials", outcome: outcome, host: host)).increment()
        record(dial.duration, Key(label: "fairdial.dial.duration", outcome: outcome, host: host))
        record(report.queue, Key(label: "fairdial.queue.duration", host: host))
        record(report.connect, Key(label: "fairdial.connect.duration", host: host))
        if let handshake = report.handshake {
            record(handshake, Key(label: "fairdial.handshake.duration", host: host))
        }
        if dial.lookedUp {
            let (source, error) = (report.source?.rawValue ?? Self.none, lookupError ?? Self.none)
            record(report.lookup, Key(label: "dns.lookup.duration", source: source, error: error, host: host))
        }
        for attempt in report.attempts {
            let outcome = attempt.outcome?.rawValue ?? "abandoned"
            counter(Key(label: "fairdial.attempts", outcome: outcome, host: host)).increment()
        }
    }

    /// The host, while there are not too many; of what has none, such as a path, a word.
    private func label(of target: Target) -> String {
        guard let host = target.host?.withoutUserInfo, !host.isEmpty else { return Self.none }
        return kept.withLockedValue { kept in
            if kept.hosts.contains(host) { return host }
            guard kept.hosts.count < hostLimit else { return "other" }
            kept.hosts.insert(host)
            return host
        }
    }

    private func record(_ duration: Duration, _ key: Key) {
        timer(key).recordNanoseconds(duration.nanoseconds)
    }

    private func timer(_ key: Key) -> CoreMetrics.Timer {
        if let timer = kept.withLockedValue({ $0.timers[key] }) { return timer }
        // Outside the lock: a factory may do as it likes.
        let timer = CoreMetrics.Timer(label: key.label, dimensions: dimensions(of: key), factory: factory)
        return kept.withLockedValue { kept in
            if let other = kept.timers[key] { return other }
            kept.timers[key] = timer
            return timer
        }
    }

    private func counter(_ key: Key) -> Counter {
        if let counter = kept.withLockedValue({ $0.counters[key] }) { return counter }
        let counter = Counter(label: key.label, dimensions: dimensions(of: key), factory: factory)
        return kept.withLockedValue { kept in
            if let other = kept.counters[key] { return other }
            kept.counters[key] = counter
            return counter
        }
    }

    private func dimensions(of key: Key) -> [(String, String)] {
        let dimensions = [
            ("outcome", key.outcome), ("source", key.source), ("error.type", key.error),
            ("server.address", key.host?.printable),
        ]
        return dimensions.compactMap { name, value in value.map { (name, $0) } }
    }
}

@available(FairDial 0.1, *)
extension Duration {
    /// Whole nanoseconds, at most those of an `Int64`: 292 years.
    var nanoseconds: Int64 {
        Int64(clamping: attoseconds / 1_000_000_000)
    }
}
