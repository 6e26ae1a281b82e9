// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution

/// What the lookups of one dial have brought where a service is dialed: its targets in RFC 2782's order, and the
/// addresses of each as they come.
///
/// Pure: records, addresses and the time go in; candidates and the names to look up next come out.
///
/// ```
/// listed ──▶ names to look up, best first, 8 at once ──▶ found / ended, by name ──▶ candidates
///                       ▲                                                              │
///                       └───── a name has ended, or has been silent for 1 s ◀──────────┘
/// ```
/// A target's addresses are candidates once every better target has some of its own, or has ended without any, or has
/// been silent for the attempt delay: a silent name keeps the next target waiting for as long as a silent address
/// does, and no longer.
@available(FairDial 0.1, *)
struct SRVLookups {
    /// At most this many targets are tried, the best ones: a domain may name thousands.
    private static let targetLimit = 64
    /// At most this many names are looked up side by side.
    private static let lookupLimit = 8
    /// A lookup that has been silent for this long holds back no further one.
    private static let slotTime = Duration.seconds(1)

    private enum Stage {
        /// It waits until others have ended.
        case waiting
        case asked(since: Duration)
        case ended(ResolutionError?)
    }

    private struct Host {
        var stage = Stage.waiting
        var addresses: [IPAddress] = []
        /// The families about which answers are still to come.
        var awaited: AddressFamilies
    }

    private let families: AddressFamilies
    /// How long a silent name keeps the next target waiting.
    private let attemptDelay: Duration
    /// In the order in which they are tried.
    private(set) var targets: [SRVTarget] = []
    /// Those that no connection can be made to.
    private(set) var skipped: [SRVTarget] = []
    /// How many targets there are beyond the limits.
    private(set) var leftOut = 0
    /// Whether the service's domain says that it is not to be had (RFC 2782, "Target").
    private(set) var isRefused = false
    private(set) var isListed = false
    /// By name in lower case: several targets may be one host's.
    private var hosts: [String: Host] = [:]
    /// The names in the order of their best targets.
    private var order: [String] = []
    private var slotEnd: Duration?
    private var holdEnd: Duration?

    init(families: AddressFamilies, attemptDelay: Duration) {
        self.families = families
        self.attemptDelay = attemptDelay
    }

    /// When `advance` may bring something new; `nil` when only an event can.
    var wakeTime: Duration? {
        guard let slotEnd, let holdEnd else { return slotEnd ?? holdEnd }
        return min(slotEnd, holdEnd)
    }

    /// The service's records have come.
    mutating func listed(_ records: [SRVRecord], using generator: inout some RandomNumberGenerator) {
        guard !isListed else { return }
        isListed = true
        let named = records.filter { $0.target != .root }
        isRefused = named.isEmpty
        // Port 0 cannot be dialed: a record that has it means that no connection can be made (RFC 9460 §8 says so of
        // its own). A server that is named twice is one target, with its best priority.
        var best: [String: SRVRecord] = [:]
        for record in named where record.port != 0 {
            let key = "\(record.target):\(record.port)".lowercased()
            if let known = best[key], known.priority <= record.priority { continue }
            best[key] = record
        }
        let dialable = named.filter { record in
            guard record.port != 0 else { return false }
            return best.removeValue(forKey: "\(record.target):\(record.port)".lowercased(), where: record)
        }
        targets = SRVTargets.ordered(dialable, atMost: Self.targetLimit, using: &generator).map(SRVTarget.init)
        skipped = named.lazy.filter { $0.port == 0 }.prefix(Self.targetLimit).map(SRVTarget.init)
        leftOut = dialable.count - targets.count + named.count { $0.port == 0 } - skipped.count
        for target in targets where hosts[Self.key(target)] == nil {
            hosts[Self.key(target)] = Host(awaited: families)
            order.append(Self.key(target))
        }
    }

    /// The names whose lookups are to begin now, best first.
    mutating func begun(at now: Duration) -> [String] {
        var busy: [Duration] = []
        for name in order {
            guard case .asked(let since)? = hosts[name]?.stage, now < since.saturating(plus: Self.slotTime) else {
                continue
            }
            busy.append(since)
        }
        var begun: [String] = []
        var isWaiting = false
        for name in order {
            guard case .waiting? = hosts[name]?.stage else { continue }
            guard busy.count < Self.lookupLimit else {
                isWaiting = true
                break
            }
            hosts[name]?.stage = .asked(since: now)
            busy.append(now)
            begun.append(name)
        }
        slotEnd = isWaiting ? busy.min()?.saturating(plus: Self.slotTime) : nil
        return begun
    }

    /// Addresses of a name have come.
    mutating func found(_ answer: LookupResult, for name: String) {
        guard var host = hosts[name] else { return }
        let known = Set(host.addresses)
        let new = answer.addresses.filter { families.contains($0.family) && !known.contains($0) }
        host.addresses = BindingCandidates.first(of: host.addresses + new)
        host.awaited.subtract(answer.families)
        hosts[name] = host
    }

    /// Nothing more will come of a name.
    mutating func ended(_ name: String, _ error: ResolutionError? = nil) {
        hosts[name]?.awaited = []
        hosts[name]?.stage = .ended(error)
    }

    /// The families about which answers are to come, for any name.
    var awaitedFamilies: AddressFamilies {
        guard isListed else { return families }
        return order.reduce(into: AddressFamilies()) { $0.formUnion(hosts[$1]?.awaited ?? []) }
    }

    /// The families about which answers are to come for a target that has addresses: only for these does its race wait.
    var awaitedOfFound: AddressFamilies {
        hosts.values.reduce(into: AddressFamilies()) { families, host in
            if !host.addresses.isEmpty { families.formUnion(host.awaited) }
        }
    }

    /// Whether a target that has no address yet may still get one.
    var awaitsMore: Bool {
        !isListed || hosts.values.contains { $0.addresses.isEmpty && !$0.awaited.isEmpty }
    }

    /// All that may be dialed by now, best first: each target's addresses are a group.
    ///
    /// - Parameter sort: puts a target's addresses into destination order (RFC 6724).
    mutating func candidates(at now: Duration, sortedBy sort: ([IPAddress]) -> [IPAddress]) -> Candidates {
        holdEnd = nil
        var groups: [[Destination]] = []
        for (position, target) in targets.enumerated() {
            guard let host = hosts[Self.key(target)] else { continue }
            if !host.addresses.isEmpty {
                groups.append(sort(host.addresses).map { .internet(Endpoint(address: $0, port: target.port)) })
                continue
            }
            if host.awaited.isEmpty { continue }
            switch host.stage {
            case .ended: continue
            case .waiting: return Candidates(groups: groups)
            case .asked(let since):
                let end = since.saturating(plus: attemptDelay)
                if now >= end { continue }
                let isHolding = targets[position...].contains { hosts[Self.key($0)]?.addresses.isEmpty == false }
                holdEnd = isHolding ? end : nil
                return Candidates(groups: groups)
            }
        }
        return Candidates(groups: groups)
    }

    /// The target that a destination belongs to, the best one of several.
    func target(of destination: Destination) -> SRVTarget? {
        guard let endpoint = destination.endpoint else { return nil }
        return targets.first { target in
            target.port == endpoint.port && hosts[Self.key(target)]?.addresses.contains(endpoint.address) == true
        }
    }

    /// The port of a name's best target.
    func port(of name: String) -> UInt16 {
        targets.first { Self.key($0) == name }?.port ?? 0
    }

    /// What became of each target.
    ///
    /// - Parameter attempts: all of the dial's.
    func reports(after attempts: [AttemptReport]) -> [SRVTargetReport] {
        let tried = Set(attempts.map(\.destination))
        let winner = attempts.first { $0.outcome == .connected }.flatMap { target(of: $0.destination) }
        var reports = targets.map { target -> SRVTargetReport in
            if target == winner { return SRVTargetReport(target: target, outcome: .connected) }
            let addresses = hosts[Self.key(target)]?.addresses ?? []
            // An address that two targets have is tried once, and for both.
            if addresses.contains(where: { tried.contains(.internet(Endpoint(address: $0, port: target.port))) }) {
                return SRVTargetReport(target: target, outcome: .tried)
            }
            guard case .ended(let error)? = hosts[Self.key(target)]?.stage, addresses.isEmpty else {
                return SRVTargetReport(target: target, outcome: .untried)
            }
            return SRVTargetReport(
                target: target,
                outcome: .unresolved,
                reason: error?.message ?? "the name has no address"
            )
        }
        reports += skipped.map { SRVTargetReport(target: $0, outcome: .skipped, reason: "its port is 0") }
        return reports
    }

    private static func key(_ target: SRVTarget) -> String { target.name.lowercased() }
}

@available(FairDial 0.1, *)
extension [String: SRVRecord] {
    /// Removes the value of a key, where it is this one.
    fileprivate mutating func removeValue(forKey key: String, where record: SRVRecord) -> Bool {
        guard self[key] == record else { return false }
        self[key] = nil
        return true
    }
}
