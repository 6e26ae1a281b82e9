// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import IPAddresses
import NIOConcurrencyHelpers
import NameResolution

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One run: a number of names in all, and a number at once; each one that ends starts the next, where it ends.
final class LookupRun: Sendable {
    private struct State: Sendable {
        var next = 0
        var ended = 0
        var failed = 0
        var partial = 0
        var seconds: [Double]
        var threads = 0
    }

    /// What one lookup has brought; its events come one at a time.
    private final class Found: @unchecked Sendable {
        var families: AddressFamilies = []
    }

    private let resolver: any AddressResolver
    private let options: LookupOptions
    private let fairnessKey = FairnessKey(label: "benchmark")
    private let state: NIOLockedValueBox<State>
    private let done = ConditionLock(value: false)

    init(resolver: any AddressResolver, options: LookupOptions) {
        self.resolver = resolver
        self.options = options
        state = NIOLockedValueBox(State(seconds: Array(repeating: 0, count: options.names)))
    }

    /// Runs it, and tells of it as one line of JSON.
    func report() -> String {
        let before = ProcessUsage.now
        let start = ProcessUsage.seconds
        for _ in 0..<min(options.inFlight, options.names) { startNext() }
        done.lock(whenValue: true)
        done.unlock()
        let seconds = ProcessUsage.seconds - start
        let after = ProcessUsage.now
        let state = state.withLockedValue { $0 }
        let sorted = state.seconds.sorted()
        func quantile(_ share: Double) -> Double { sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))] }
        let cpu = (after.user - before.user + after.system - before.system) / Double(options.names)
        let members: [(String, String)] = [
            ("peer", "\"FairDial\""), ("names", "\(options.names)"), ("failed", "\(state.failed)"),
            ("partial", "\(state.partial)"), ("seconds", "\(seconds)"),
            ("per_second", "\(Double(options.names) / seconds)"), ("user_s", "\(after.user - before.user)"),
            ("system_s", "\(after.system - before.system)"), ("cpu_us_per_lookup", "\(cpu * 1e6)"),
            ("p50_s", "\(quantile(0.5))"), ("p99_s", "\(quantile(0.99))"), ("max_s", "\(quantile(1))"),
            ("rss_start_mb", "\(before.resident)"), ("rss_mb", "\(after.resident)"),
            ("rss_peak_mb", "\(after.peak)"), ("threads", "\(state.threads)"),
        ]
        return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    private func startNext() {
        let number = state.withLockedValue { state -> Int? in
            guard state.next < options.names else { return nil }
            defer { state.next += 1 }
            return state.next
        }
        guard let number else { return }
        let began = ProcessUsage.seconds
        let found = Found()
        _ = resolver.lookUp(LookupQuestion(name: "\(options.prefix)\(number).bench.test."), for: fairnessKey) { event in
            switch event {
            case .started, .bindings, .caughtUp: return
            case .answered(let answer):
                if !answer.addresses.isEmpty { found.families.formUnion(answer.families) }
            case .ended:
                self.ended(number, after: ProcessUsage.seconds - began, found.families)
            }
        }
    }

    private func ended(_ number: Int, after seconds: Double, _ found: AddressFamilies) {
        let isLast = state.withLockedValue { state in
            state.seconds[number] = seconds
            state.ended += 1
            if found.isEmpty { state.failed += 1 } else if found != .both { state.partial += 1 }
            // When the first half is there everything that there will be is at work.
            if state.ended == options.names / 2 { state.threads = ProcessUsage.threads }
            return state.ended == options.names
        }
        startNext()
        if isLast {
            done.lock()
            done.unlock(withValue: true)
        }
    }
}
