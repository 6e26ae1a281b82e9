// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import NameResolution
import SystemSupport
import Testing

@testable import FairDial

/// Dials under random events, right and wrong ones, early, late and repeated; whatever comes, the rules hold.
@Suite struct `Random dials keep the rules` {
    @Test func `one end, every socket accounted for, clocks that add up`() throws {
        for seed in 0..<20_000 as Range<UInt64> {
            var world = World(seed: seed)
            try world.run()
            #expect(world.faults == [], "seed \(seed): \(world.story.joined(separator: " | "))")
            if !world.faults.isEmpty { return }
        }
    }
}

/// One dial and everything that happens to it.
private struct World: ~Copyable {
    private static let destinations = [
        Destinations.to(Destinations.six1), Destinations.to(Destinations.four1), Destinations.to(Destinations.six2),
        Destinations.to(Destinations.four2),
    ]

    private var random: SeededGenerator
    private var dial: Dial
    private var now: Duration = .zero
    private var open: Set<Destination> = []
    private var everOpened: [Destination] = []
    private var known: [Destination] = []
    private var handedOver: Destination?
    private var isLookingUp = false
    /// When everything was to be read that had come; `nil` when it has been.
    private var askedAt: Duration?
    private var endedAt: Duration?
    private let goal: DialQuestion.Goal
    private let hasName: Bool
    /// Whether the first attempt waits for its owner's word, and whether that has been asked for, and given.
    private let mustBeAdmitted: Bool
    private var isAsked = false
    private var isAdmitted = false
    private(set) var faults: [String] = []
    private(set) var story: [String] = []

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        goal = [.channel, .socket, .answer][Int.random(in: 0..<3, using: &random)]
        hasName = Bool.random(using: &random)
        mustBeAdmitted = Int.random(in: 0..<3, using: &random) == 0
        let timeouts = FilledTimeouts(
            queue: .milliseconds(Int.random(in: 0...900, using: &random)),
            lookup: .milliseconds(Int.random(in: 0...900, using: &random)),
            connect: .milliseconds(Int.random(in: 0...900, using: &random)),
            handshake: .milliseconds(Int.random(in: 0...900, using: &random))
        )
        let deadline =
            Bool.random(using: &random) ? nil : Duration.milliseconds(Int.random(in: 0...2_000, using: &random))
        guard
            let question = try? DialQuestion.about(
                hasName ? "db.test" : nil,
                goal: goal,
                timeouts: timeouts,
                deadline: deadline,
                awaitsReadiness: true,
                awaitsAdmission: mustBeAdmitted && goal != .answer
            )
        else { preconditionFailure("the question is well formed") }
        dial = Dial(question)
    }

    mutating func run() throws {
        if hasName {
            take(dial.start(at: now), after: "start")
        } else {
            known = Array(Self.destinations.shuffled(using: &random).prefix(Int.random(in: 0...4, using: &random)))
            take(dial.start(with: known, from: .override, at: now), after: "start with \(known.count)")
        }
        for _ in 0..<40 where endedAt == nil { step() }
        // Nothing more happens: the timers alone must end it.
        var wakes = 0
        while endedAt == nil, wakes < 200, let wake = dial.wakeTime {
            now = max(now, wake)
            take(dial.wake(at: now), after: "wake at \(now)")
            wakes += 1
        }
        if endedAt == nil { faults.append("it never ended") }
        if dial.wakeTime != nil { faults.append("it wants to be woken after its end") }
        // What comes too late changes nothing.
        for _ in 0..<10 { step() }
    }

    private mutating func step() {
        // The driver never lets a wake pass by for long; a blocked loop may.
        now += .milliseconds(Int.random(in: 0...60, using: &random))
        if let wake = dial.wakeTime, wake <= now, Int.random(in: 0..<10, using: &random) > 0 {
            take(dial.wake(at: now), after: "wake at \(now)")
            return
        }
        let earlier = now - .milliseconds(Int.random(in: 0...30, using: &random))
        let anybody = Self.destinations.randomElement(using: &random) ?? Self.destinations[0]
        let target = open.randomElement(using: &random) ?? anybody
        switch Int.random(in: 0..<18, using: &random) {
        case 0: dial.noteQueue(at: now)
        case 1: dial.lookupStarted(at: earlier)
        case 2, 3: answer()
        case 4:
            let kinds: [ResolutionError.Kind?] = [
                nil, .nameNotFound, .temporaryFailure, .noDescriptor, .noThread,
            ]
            let kind = kinds[Int.random(in: 0..<5, using: &random)]
            guard isLookingUp else { return }
            isLookingUp = false
            take(
                dial.lookupEnded(kind.map { ResolutionError($0, "no") }, at: now),
                after: "lookup ended \(kind as Any)"
            )
        case 5:
            guard !dial.awaitsRetry(target) else { return }
            take(dial.connected(target, at: earlier), after: "\(target) connected")
        case 6, 7:
            open.remove(target)
            take(
                dial.failed(target, AttemptFailure(errorNumber: 111), at: earlier, toldAt: earlier),
                after: "\(target) failed"
            )
        case 8 where Bool.random(using: &random):
            guard open.remove(target) != nil else { return }
            let actions = dial.failed(target, .backlogFull, at: now, toldAt: now)
            take(actions, after: "\(target) has no room")
        case 8:
            guard open.remove(target) != nil else { return }
            take(dial.outOfDescriptors(target, at: now), after: "\(target) found no descriptor")
        case 9: take(dial.ready(at: now), after: "ready")
        case 10 where Int.random(in: 0..<4, using: &random) == 0:
            take(dial.handshakeFailed(.handshakeFailed, ResolutionError(.failed, "x"), at: now), after: "not ready")
        case 11 where Int.random(in: 0..<8, using: &random) == 0: take(dial.cancel(at: now), after: "cancel")
        case 12, 13:
            askedAt = nil
            take(dial.caughtUp(), after: "caught up")
        case 14: take(dial.takeTurn(at: now), after: "its turn")
        case 15, 16:
            // One that was not asked for means nothing.
            if isAsked { isAdmitted = true }
            take(dial.admitted(at: earlier, toldAt: now), after: "admitted")
        default: take(dial.wake(at: now), after: "wake at \(now)")
        }
    }

    private mutating func answer() {
        guard isLookingUp else { return }
        let families: AddressFamilies = [.ipv4, .ipv6, .both][Int.random(in: 0..<3, using: &random)]
        known += Self.destinations.filter { destination in
            guard let family = destination.family, !known.contains(destination) else { return false }
            return families.contains(family) && Bool.random(using: &random)
        }
        take(
            dial.answered(.system([], settling: families), all: known, at: now),
            after: "answered, \(known.count) in all"
        )
    }

    private mutating func take(_ actions: ActionList<DialAction>, after event: String) {
        story.append(event + (actions.isEmpty ? "" : " → " + actions.words.joined(separator: ", ")))
        for action in actions {
            if endedAt != nil { faults.append("\(action.words) after the end") }
            switch action {
            case .lookUp:
                if isLookingUp { faults.append("two lookups at once") }
                isLookingUp = true
            case .cancelLookup: isLookingUp = false
            case .catchUp:
                if let askedAt, now < askedAt + .seconds(1) { faults.append("catches up twice at once") }
                askedAt = now
            case .tellStart: faults.append("nobody asked for the starting line")
            case .tellEarlyAnswer: faults.append("nobody asked for an early answer")
            case .askForAdmission:
                if !mustBeAdmitted || isAsked { faults.append("asked for an admission that it needs not") }
                isAsked = true
            case .open(let destination):
                if mustBeAdmitted, !isAdmitted { faults.append("opened \(destination) before it was admitted") }
                if goal == .answer { faults.append("opened \(destination), and only the answer was wanted") }
                if !open.insert(destination).inserted { faults.append("opened \(destination) twice") }
                if !known.contains(destination) { faults.append("opened \(destination), which nobody named") }
                everOpened.append(destination)
            case .close(let destination):
                if open.remove(destination) == nil { faults.append("closed \(destination), which is not open") }
            case .handOver(let destination):
                if handedOver != nil { faults.append("handed over twice") }
                if open.remove(destination) == nil { faults.append("handed over \(destination), which is not open") }
                if !open.isEmpty { faults.append("losers open at the hand-over") }
                handedOver = destination
                dial.handOverBegins(at: now)
            case .closeWinner:
                if handedOver == nil { faults.append("closed a winner that there is not") }
            case .finish(let ending): finish(ending, actions)
            }
        }
        if endedAt == nil, dial.wakeTime == nil { faults.append("it waits without a bound") }
    }

    private mutating func finish(_ ending: DialAction.Ending, _ actions: ActionList<DialAction>) {
        endedAt = now
        if case .connected(let destination, _) = ending, goal == .socket {
            if open.remove(destination) == nil { faults.append("connected to \(destination), which is not open") }
        }
        if !open.isEmpty { faults.append("ended with open sockets: \(open)") }
        if isLookingUp { faults.append("ended with a lookup under way") }
        guard let report = actions.report else { return faults.append("ended without report") }
        // Everything is told at its own time or late, never early, so the clocks cannot have run longer than the dial.
        if report.total > now { faults.append("clocks of \(report.total) in \(now)") }
        for clock in [report.queue, report.lookup, report.connect] where clock < .zero {
            faults.append("a clock ran backwards: \(report)")
        }
        for attempt in report.attempts {
            guard let ended = attempt.ended, attempt.outcome != nil else {
                faults.append("an attempt without an end: \(attempt)")
                continue
            }
            if ended < attempt.started { faults.append("an attempt ended before it started: \(attempt)") }
        }
        if report.attempts.count > everOpened.count { faults.append("more attempts than sockets") }
        if case .failed(let error) = ending {
            for attempt in report.attempts where !error.message.contains("\(attempt.destination)") {
                faults.append("\(attempt.destination) is missing in: \(error.message)")
            }
            if report.attempts.contains(where: { $0.outcome == .connected }), handedOver == nil {
                faults.append("failed without a hand-over, and an attempt connected")
            }
        }
    }
}
