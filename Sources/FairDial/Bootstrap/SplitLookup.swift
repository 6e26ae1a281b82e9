// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution

/// One lookup in the form that NIO's connector asks for: two parts, of which it dials the one called AAAA first.
///
/// NIO never looks at an address's family. So what is known when it may start goes to the AAAA part, both families, in
/// the order in which to dial them, and what comes later to the A part. Without I/O: events and the time go in, actions
/// come out. It starts in the queue.
///
///     queue ──started──▶ lookup ──addresses, delay over, or ended──▶ first part told ──settled or ended──▶ over
///       └──────┴── time up: catchUp, then caughtUp: what is known is told, or a timeout ──▶ over
@available(FairDial 0.1, *)
struct SplitLookup: Sendable {
    enum Action: Hashable, Sendable {
        /// The first part: to be dialed now.
        case tellFirst([IPAddress])
        /// The second part: to be dialed after those.
        case tellSecond([IPAddress])
        /// Neither part has an address.
        case fail(Failure)
        /// Have the lookup read what has come, and say `caughtUp`.
        case catchUp
        /// No connect waits for the lookup any more.
        case cancel
    }

    /// All that an error tells, but for the target.
    struct Failure: Hashable, Sendable {
        let code: DialError.Code
        let message: String
        let report: DialReport
        /// What the resolver said; `nil` where it said nothing.
        let resolutionError: ResolutionError?
    }

    private let port: UInt16
    private let timeouts: FilledTimeouts
    private let resolutionDelay: Duration
    private let policyVeto: @Sendable (IPAddress) -> String?
    private let order: AddressOrder

    private var known = KnownAddresses()
    /// What the policy forbids.
    private var vetoes: [AttemptReport] = []
    private var report = DialReport()
    private var stopwatch: Stopwatch
    /// DNS servers that had not answered when the time was up.
    var silentServers: [Endpoint] = []
    private var unsettled = AddressFamilies.both
    /// What the first part was told; `nil` before that.
    private var first: [IPAddress]?
    private var isOver = false
    private var isCatchingUp = false
    /// When the present clock's timeout ends.
    private var end: Duration
    private var isQueued = true
    /// When the addresses that came first have waited for the resolution delay.
    private var release: Duration?

    /// - Parameters:
    ///   - port: at which the addresses are to be dialed.
    ///   - veto: why an address may not be dialed; `nil` where it may.
    init(
        port: UInt16,
        timeouts: FilledTimeouts,
        resolutionDelay: Duration,
        order: AddressOrder,
        at now: Duration,
        veto: @escaping @Sendable (IPAddress) -> String?
    ) {
        self.port = port
        self.timeouts = timeouts
        self.resolutionDelay = resolutionDelay
        self.order = order
        policyVeto = veto
        end = now.saturating(plus: timeouts.queue)
        stopwatch = Stopwatch(running: .queue, at: now)
        report.unanswered = .both
    }

    /// When to call `advance(to:)` next; `nil` when only an event can change anything.
    var wakeTime: Duration? {
        if isOver || isCatchingUp { return nil }
        return release.map { min($0, end) } ?? end
    }

    /// The lookup has told something.
    mutating func told(_ event: LookupEvent, at now: Duration) -> [Action] {
        if isOver { return [] }
        switch event {
        case .started:
            leaveQueue(at: now)
            return []
        case .answered(let result): return answered(result, at: now)
        case .bindings: return []
        case .caughtUp: return isCatchingUp ? timeUp(at: now) : []
        case .ended(let error):
            unsettled = []
            return conclude(error.map { (DialVerdict.code(for: $0), $0.message) }, because: error, at: now)
        }
    }

    /// The queue is over: the lookup runs, or something has answered without it.
    private mutating func leaveQueue(at now: Duration) {
        guard isQueued else { return }
        // Perhaps `catchUp` has read this event after the queue's timeout. It had come before, so the queue's timeout
        // does not count.
        isCatchingUp = false
        (isQueued, end) = (false, now.saturating(plus: timeouts.lookup))
        stopwatch.run(.lookup, at: now)
    }

    /// Time has passed.
    mutating func advance(to now: Duration) -> [Action] {
        guard let wake = wakeTime, now >= wake else { return [] }
        if let release, now >= release { return tellFirst() }
        isCatchingUp = true
        return [.catchUp]
    }

    /// The lookup has nothing to read: what has been told is all.
    mutating func cannotCatchUp(at now: Duration) -> [Action] {
        isCatchingUp ? timeUp(at: now) : []
    }

    private mutating func answered(_ result: LookupResult, at now: Duration) -> [Action] {
        var result = result
        leaveQueue(at: now)
        unsettled.subtract(result.families)
        note(result)
        result.addresses = permitted(result.addresses, at: now)
        _ = known.add(result, wanting: .both, by: order, at: now)
        if unsettled.isEmpty { return conclude(nil, at: now) }
        guard first == nil, !known.inDestinationOrder.isEmpty else { return [] }
        // IPv6 is dialed at once; IPv4 waits for it (RFC 8305 §3).
        if !unsettled.contains(.ipv6) { return tellFirst() }
        release = now.saturating(plus: resolutionDelay)
        return []
    }

    /// Notes who has answered, for the error's report.
    private mutating func note(_ result: LookupResult) {
        report.source = report.source ?? result.source
        report.server = report.server ?? result.server
        report.isStale = report.isStale || result.isStale
        report.unanswered.subtract(result.families)
    }

    /// What the policy lets through, and of that the first 256 of each family.
    private mutating func permitted(_ addresses: [IPAddress], at now: Duration) -> [IPAddress] {
        let limit = LookupResult.familyLimit
        var (ipv4, ipv6) = (0, 0)
        return addresses.filter { address in
            if (address.family == .ipv4 ? ipv4 : ipv6) == limit { return false }
            if let reason = policyVeto(address) {
                if vetoes.count < limit {
                    vetoes.append(.vetoed(.internet(Endpoint(address: address, port: port)), reason, at: now))
                }
                return false
            }
            if address.family == .ipv4 { ipv4 += 1 } else { ipv6 += 1 }
            return true
        }
    }

    private mutating func tellFirst() -> [Action] {
        (first, release) = (known.inDestinationOrder, nil)
        return [.tellFirst(known.inDestinationOrder)]
    }

    /// Nothing more will come.
    ///
    /// - Parameters:
    ///   - failure: what to say where there is no address; `nil` where the name has none.
    ///   - resolutionError: what the resolver said, if it did.
    private mutating func conclude(
        _ failure: (code: DialError.Code, message: String)?,
        because resolutionError: ResolutionError? = nil,
        at now: Duration
    ) -> [Action] {
        isOver = true
        if let first {
            let told = Set(first)
            return [.tellSecond(known.inDestinationOrder.filter { !told.contains($0) })]
        }
        if !known.inDestinationOrder.isEmpty { return tellFirst() + [.tellSecond([])] }
        stopwatch.run(stopwatch.running, at: now)
        (report.queue, report.lookup, report.attempts) = (stopwatch[.queue], stopwatch[.lookup], vetoes)
        let (code, message) =
            vetoes.isEmpty
            ? failure ?? (.nameNotFound, "the name has no address")
            : (.refusedByPolicy, DialVerdict.allForbidden)
        let words = DialVerdict.sentence(message, report: report, resolutionError: resolutionError)
        return [.fail(Failure(code: code, message: words, report: report, resolutionError: resolutionError))]
    }

    private mutating func timeUp(at now: Duration) -> [Action] {
        let clock = isQueued ? DialClock.queue : .lookup
        var verdict = DialVerdict.timeout(of: clock, after: timeouts[clock], shortOf: nil)
        if clock == .lookup { verdict.1 += DialVerdict.silence(of: silentServers) }
        return [.cancel] + conclude(verdict, at: now)
    }
}
