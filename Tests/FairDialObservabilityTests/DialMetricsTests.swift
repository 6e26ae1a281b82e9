// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import FairDial
import FairDialObservability
import FairDialTestKit
import IPAddresses
import MetricsTestKit
import NIOConcurrencyHelpers
import NameResolution
import Testing

/// What is counted and timed, and how many time series there are at most.
@Suite(.timeLimit(.minutes(15))) struct `Dials in metrics` {
    private let metrics = TestMetrics()

    private func observer(_ change: (inout ObservabilityConfiguration) -> Void = { _ in }) -> DialObservability {
        var configuration = ObservabilityConfiguration()
        configuration.metricsFactory = metrics
        configuration.logs = false
        configuration.traces = false
        change(&configuration)
        return DialObservability(configuration)
    }

    private func tell(_ observer: DialObservability, _ dial: ObservedDial) {
        observer.dialBegins(to: dial.target)?(dial)
    }

    /// All that timers of a name have recorded, in nanoseconds.
    private func sum(_ label: String) -> Int64 {
        metrics.timers(label: label).flatMap(\.values).reduce(0, +)
    }

    @Test func `have the four clocks, and their sum`() throws {
        tell(observer(), try ObservedDials.connected())
        #expect(sum("fairdial.queue.duration") == 5_000_000)
        #expect(sum("dns.lookup.duration") == 20_000_000)
        #expect(sum("fairdial.connect.duration") == 260_000_000)
        #expect(sum("fairdial.handshake.duration") == 15_000_000)
        #expect(sum("fairdial.dial.duration") == 300_000_000)
        #expect(metrics.counterTotal(label: "fairdial.dials", dimensions: [("outcome", "connected")]) == 1)
        #expect(metrics.counterTotal(label: "fairdial.attempts", dimensions: [("outcome", "abandoned")]) == 1)
        let lookup = try metrics.expectTimer("dns.lookup.duration", [("source", "dns"), ("error.type", "none")])
        #expect(lookup.values == [20_000_000])
    }

    /// Prometheus and others end the process where a metric comes with another set of dimensions.
    @Test(.timeLimit(.minutes(15)), arguments: [false, true])
    func `have the same dimensions each time, whatever a dial was about`(namesHosts: Bool) async throws {
        let observer = observer { $0.namesHosts = namesHosts }
        let script = try ScriptedDialer(
            names: ["db.test": .addresses("192.0.2.1", after: .milliseconds(1))],
            network: ["192.0.2.1:80": .connects(after: .milliseconds(1))],
            configuration: {
                var configuration = DialerConfiguration()
                configuration.observer = observer
                return configuration
            }()
        )
        var time = Duration.zero
        for target in [
            try Target(host: "db.test", port: 80), try Target(host: "gone.test", port: 80),
            try .endpoints([Endpoint(address: .v4(.loopback), port: 80)], name: ""), try Target("unix:/nowhere"),
            try .service("_db._tcp.example.test"),
        ] {
            let hasEnded = NIOLockedValueBox(false)
            let dial = Task {
                _ = try? await script.dialer.connect(to: target)
                hasEnded.withLockedValue { $0 = true }
            }
            // Some end without a timer, which could be waited for.
            while !hasEnded.withLockedValue({ $0 }) {
                time += .seconds(1)
                await script.clock.advance(to: time)
            }
            await dial.value
        }
        tell(observer, try ObservedDials.dial(.resolved([]), DialReport(lookup: .milliseconds(2))))
        tell(observer, try ObservedDials.connected())
        var labels: [String: Set<[String]>] = [:]
        let all = metrics.timers.map { ($0.label, $0.dimensions) } + metrics.counters.map { ($0.label, $0.dimensions) }
        for (label, dimensions) in all { labels[label, default: []].insert(dimensions.map(\.0)) }
        #expect(labels.count == 7)
        for (label, sets) in labels { #expect(sets.count == 1, "\(label): \(sets)") }
    }

    @Test func `say why a lookup failed`() throws {
        let report = DialReport(lookup: .seconds(5))
        tell(observer(), try ObservedDials.dial(.failed(ObservedDials.error(.lookupTimeout, report)), report))
        #expect(metrics.counterTotal(label: "fairdial.dials", dimensions: [("outcome", "lookupTimeout")]) == 1)
        let timer = try metrics.expectTimer(
            "dns.lookup.duration",
            [("source", "none"), ("error.type", "lookupTimeout")]
        )
        #expect(timer.values == [5_000_000_000])
    }

    @Test(arguments: [
        (DialError.Code.cancelled, true, false), (.queueTimeout, true, false), (.outOfDescriptors, true, false),
        (.cancelled, false, true), (.queueFull, false, true), (.nameNotFound, true, true),
        (.temporaryNameFailure, true, true), (.lookupTimeout, true, true),
    ])
    func `do not blame a lookup that has answered for what came after it`(
        code: DialError.Code,
        hasAnswer: Bool,
        isTheLookups: Bool
    ) throws {
        let report = DialReport(lookup: .milliseconds(5), source: hasAnswer ? .dns : nil)
        tell(observer(), try ObservedDials.dial(.failed(ObservedDials.error(code, report)), report))
        let timer = try #require(metrics.timers(label: "dns.lookup.duration").first)
        #expect(timer.dimensions.first { $0.0 == "error.type" }?.1 == (isTheLookups ? code.rawValue : "none"))
    }

    @Test func `name no host unless asked, and then not many`() throws {
        let silent = observer()
        let speaking = observer {
            $0.namesHosts = true
            $0.hostLimit = 10
        }
        for number in 0..<10_000 {
            let dial = try ObservedDials.connected(host: "host\(number).test")
            tell(silent, dial)
            tell(speaking, dial)
        }
        let hosts = Set(
            metrics.counters(label: "fairdial.dials").map { counter in
                counter.dimensions.first { $0.0 == "server.address" }?.1
            }
        )
        // None, ten, and all the others.
        #expect(hosts.count == 12)
        #expect(hosts.contains("other"))
        #expect(hosts.contains(nil))
    }

    @Test func `name a host without the password that was given with it`() throws {
        let observer = observer { $0.namesHosts = true }
        for host in ["app:secret@db.test", "https://app:secret@web.test"] {
            tell(observer, try ObservedDials.connected(host: host))
        }
        let dimensions = metrics.counters(label: "fairdial.dials").flatMap(\.dimensions)
        let hosts = Set(dimensions.filter { $0.0 == "server.address" }.map(\.1))
        #expect(hosts == ["…@db.test", "https://…@web.test"])
    }

    @Test func `of a limit below zero name none`() throws {
        let observer = observer {
            $0.namesHosts = true
            $0.hostLimit = -1
        }
        tell(observer, try ObservedDials.connected())
        let dimensions = metrics.counters(label: "fairdial.dials").flatMap(\.dimensions)
        #expect(dimensions.contains { $0 == ("server.address", "other") })
    }

    @Test func `of a thousand random dials: the clocks add up to each dial's own time, to the millisecond`()
        async throws
    {
        var random = SeededGenerator(seed: 15)
        for _ in 0..<1_000 {
            let metrics = TestMetrics()
            var configuration = DialerConfiguration()
            configuration.observer = DialObservability(
                {
                    var configuration = ObservabilityConfiguration()
                    configuration.metricsFactory = metrics
                    configuration.logs = false
                    configuration.traces = false
                    return configuration
                }()
            )
            let lookup = Duration.microseconds(Int.random(in: 0...400_000, using: &random))
            let connect = Duration.microseconds(Int.random(in: 0...900_000, using: &random))
            let script = try ScriptedDialer(
                names: ["db.test": .addresses("192.0.2.1", "192.0.2.2", after: lookup)],
                network: [
                    "192.0.2.1:80": Bool.random(using: &random) ? .hangs : .fails(111, after: connect / 2),
                    "192.0.2.2:80": .connects(after: connect),
                ],
                configuration: configuration
            )
            async let dialed = script.dialer.connect(to: "db.test", port: 80)
            await script.clock.sleepers()
            await script.clock.advance(to: .seconds(3))
            _ = try await dialed
            let parts = ["fairdial.queue.duration", "dns.lookup.duration", "fairdial.connect.duration"]
            let clocks = parts.reduce(0) { sum, label in
                sum + metrics.timers(label: label).flatMap(\.values).reduce(0, +)
            }
            let whole = metrics.timers(label: "fairdial.dial.duration").flatMap(\.values).reduce(0, +)
            #expect(abs(clocks - whole) <= 1_000_000)
            #expect(whole >= 1)
        }
    }
}
