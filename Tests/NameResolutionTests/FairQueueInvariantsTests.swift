// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import NameResolution
import Testing

/// The line under random use, checked at every step against a record that is kept beside it.
@Suite struct `Rule 4 under random use` {
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `every promise holds at every step`(seed: UInt64) {
        var course = LineCourse(seed: seed)
        for step in 0..<1_500 {
            course.step()
            guard course.faults.isEmpty else {
                Issue.record("seed \(seed), step \(step), \(course.configuration): \(course.faults)")
                return
            }
        }
        course.clearUp()
        #expect(course.faults.isEmpty, "seed \(seed), at the end, \(course.configuration)")
    }
}

/// How many elements each container inside a value has, by its path.
func containerSizes(in value: Any) -> [String: Int] {
    var sizes: [String: Int] = [:]
    for child in Mirror(reflecting: value).children {
        guard let name = child.label else { continue }
        let mirror = Mirror(reflecting: child.value)
        switch mirror.displayStyle {
        case .collection, .dictionary, .set: sizes[name] = mirror.children.count
        case .struct: for (inner, size) in containerSizes(in: child.value) { sizes["\(name).\(inner)"] = size }
        default: break
        }
    }
    return sizes
}

/// A line and a slow record of it, in which everything is counted afresh at each question.
private struct LineCourse {
    private struct Waiting {
        var fairnessKeys: [FairnessKey]
        let isFast: Bool
    }

    let configuration: QueueConfiguration
    private(set) var faults: [String] = []
    private var line: FairQueue
    private var generator: SeededGenerator
    private let fairnessKeys: [FairnessKey]
    private var waiting: [FairQueue.Ticket: Waiting] = [:]
    private var granted: [FairQueue.Ticket: (fairnessKey: FairnessKey, entry: Waiting)] = [:]
    private var extras = 0
    private var isHeld = false
    private var nextTicket: FairQueue.Ticket = 1
    /// For each fairness key that waits below its share: how often each other one has been served since.
    private var served: [FairnessKey: [FairnessKey: Int]] = [:]

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        configuration = QueueConfiguration(
            slots: Int.random(in: 1...8, using: &generator),
            reservedSlots: Int.random(in: 0...9, using: &generator),
            waitingLimit: [3, 20, 200].pick(&generator)
        )
        line = FairQueue(configuration)
        fairnessKeys = (0..<Int.random(in: 1...7, using: &generator)).map { FairnessKey(label: "fairnessKey \($0)") }
    }

    private var taken: Int { granted.count + extras }

    private var fastLimit: Int { configuration.slots + configuration.reservedSlots }

    /// One reserved slot in four is for fast names alone, and where there are two or three, one is.
    private var idleLimit: Int {
        fastLimit
            - (configuration.reservedSlots >= 4
                ? configuration.reservedSlots / 4 : configuration.reservedSlots >= 2 ? 1 : 0)
    }

    private func inFlight(_ fairnessKey: FairnessKey) -> Int {
        granted.values.filter { $0.fairnessKey == fairnessKey }.count
    }

    private func hasWaiting(_ fairnessKey: FairnessKey) -> Bool {
        waiting.values.contains { $0.fairnessKeys.contains(fairnessKey) }
    }

    private var share: Int {
        let present = fairnessKeys.filter { hasWaiting($0) || inFlight($0) > 0 }.count
        return max(1, configuration.slots / max(1, present))
    }

    mutating func step() {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<40: join()
        case 40..<50: add()
        case 50..<58: cancel()
        case 58..<92: release()
        case 92..<95: putBack()
        case 95..<98: takeExtra()
        default: releaseExtra()
        }
        grantAll()
        check()
    }

    /// Every ticket is cancelled; nothing may stay behind.
    mutating func clearUp() {
        for ticket in waiting.keys.sorted() {
            expect(line.cancel(ticket), "\(ticket) waited and could not be cancelled")
        }
        waiting = [:]
        for ticket in granted.keys.sorted() { line.release(ticket) }
        granted = [:]
        while extras > 0 { releaseExtra() }
        check()
        let left = containerSizes(in: line)
        for name in ["waiting", "granted", "fairnessKeys"] { expect(left[name] == 0, "\(name): \(left)") }
        for (name, size) in left { expect(size <= 64, "\(name) has \(size) left") }
    }

    private mutating func expect(_ condition: Bool, _ fault: String) {
        if !condition { faults.append(fault) }
    }

    private mutating func check() {
        expect(line.taken == taken, "taken: \(line.taken), not \(taken)")
        expect(line.waitingCount == waiting.count, "waiting: \(line.waitingCount), not \(waiting.count)")
        expect(taken <= fastLimit, "\(taken) taken of \(fastLimit)")
        guard !isHeld, !waiting.isEmpty else { return }
        expect(taken >= configuration.slots, "a free slot is left empty")
        if taken < idleLimit {
            let idle = fairnessKeys.first { hasWaiting($0) && inFlight($0) == 0 }
            expect(idle == nil, "\(idle.map(\.description) ?? "") has nothing under way and waits at \(taken) taken")
        }
        if taken < fastLimit {
            expect(!waiting.values.contains(where: \.isFast), "a fast name waits at \(taken) taken")
        }
    }

    private mutating func join() {
        let ticket = nextTicket
        nextTicket += 1
        let fairnessKey = fairnessKeys.pick(&generator)
        let isFast = Int.random(in: 0..<6, using: &generator) == 0
        let isIn = line.join(ticket, for: fairnessKey, isFast: isFast)
        if isIn {
            waiting[ticket] = Waiting(fairnessKeys: [fairnessKey], isFast: isFast)
        } else {
            expect(waiting.count >= configuration.waitingLimit, "refused with \(waiting.count) waiting")
        }
        expect(line.isWaiting(ticket) == isIn, "\(ticket) joined and does not wait")
    }

    private mutating func add() {
        let ticket = FairQueue.Ticket.random(in: 0...nextTicket, using: &generator)
        let fairnessKey = fairnessKeys.pick(&generator)
        line.add(fairnessKey, to: ticket)
        if waiting[ticket]?.fairnessKeys.contains(fairnessKey) == false {
            waiting[ticket]?.fairnessKeys.append(fairnessKey)
        }
        if granted[ticket]?.entry.fairnessKeys.contains(fairnessKey) == false {
            granted[ticket]?.entry.fairnessKeys.append(fairnessKey)
        }
    }

    private mutating func cancel() {
        let ticket = waiting.keys.sorted().randomElement(using: &generator) ?? nextTicket + 1
        expect(line.cancel(ticket) == (waiting[ticket] != nil), "\(ticket) was cancelled wrongly")
        waiting[ticket] = nil
    }

    private mutating func release() {
        guard let ticket = granted.keys.sorted().randomElement(using: &generator) else { return }
        line.release(ticket)
        granted[ticket] = nil
        isHeld = false
    }

    private mutating func putBack() {
        guard let ticket = granted.keys.sorted().randomElement(using: &generator), let slot = granted[ticket] else {
            return
        }
        line.putBack(ticket)
        granted[ticket] = nil
        waiting[ticket] = slot.entry
        isHeld = taken > 0
        expect(line.isWaiting(ticket), "\(ticket) was put back and does not wait")
    }

    private mutating func takeExtra() {
        let mayHaveOne = !isHeld && taken * 2 < configuration.slots
        expect(line.takeExtraPlace() == mayHaveOne, "an extra slot at \(taken) taken, held: \(isHeld)")
        if mayHaveOne { extras += 1 }
    }

    private mutating func releaseExtra() {
        line.releaseExtraPlace()
        if extras > 0 {
            extras -= 1
            isHeld = false
        }
    }

    private mutating func grantAll() {
        while let ticket = line.grantNext() {
            guard let entry = waiting[ticket] else {
                faults.append("\(ticket) was granted and did not wait")
                return
            }
            expect(!isHeld, "\(ticket) was granted while the line is held")
            guard let fairnessKey = Self.fairnessKey(of: ticket, in: line), entry.fairnessKeys.contains(fairnessKey)
            else {
                faults.append("\(ticket) was granted to somebody who does not wait for it")
                return
            }
            if taken < configuration.slots {
                checkTurn(of: fairnessKey)
            } else {
                let isIdle = inFlight(fairnessKey) == 0 && taken < idleLimit
                expect(isIdle || entry.isFast, "\(ticket) had a reserved slot at \(taken) taken and was not owed it")
            }
            waiting[ticket] = nil
            granted[ticket] = (fairnessKey, entry)
        }
    }

    /// A fairness key is served in turn: it is not over its share while others are below theirs, and no other one has
    /// waited below its share while this one was served twice.
    private mutating func checkTurn(of fairnessKey: FairnessKey) {
        let share = share
        let below = fairnessKeys.filter { hasWaiting($0) && inFlight($0) < share }
        expect(
            below.isEmpty || inFlight(fairnessKey) < share,
            "\(fairnessKey) is over its share of \(share), \(below) are not"
        )
        served = served.filter { below.contains($0.key) }
        served[fairnessKey] = nil
        for other in below where other != fairnessKey {
            let times = served[other, default: [:]][fairnessKey, default: 0]
            expect(times == 0, "\(fairnessKey) was served twice while \(other) waited")
            served[other, default: [:]][fairnessKey] = times + 1
        }
    }

    /// Whose slot a granted ticket has, as the line sees it.
    private static func fairnessKey(of ticket: FairQueue.Ticket, in line: FairQueue) -> FairnessKey? {
        for child in Mirror(reflecting: line).children where child.label == "granted" {
            for entry in Mirror(reflecting: child.value).children {
                let pair = Mirror(reflecting: entry.value).children.map(\.value)
                guard pair.count == 2, pair[0] as? FairQueue.Ticket == ticket else { continue }
                return Mirror(reflecting: pair[1]).descendant("fairnessKey") as? FairnessKey
            }
        }
        return nil
    }
}

@Suite struct `A line's work is bounded` {
    private let fairnessKey = FairnessKey(label: "feeds")

    @Test func `tickets that come and go leave nothing behind while the slots are taken`() {
        var line = FairQueue(QueueConfiguration(slots: 1, reservedSlots: 0))
        #expect(line.join(1, for: fairnessKey, isFast: false) == true)
        #expect(line.grantNext() == 1)
        let crawler = FairnessKey(label: "crawler")
        for ticket in 2...100_001 as ClosedRange<UInt64> {
            #expect(line.join(ticket, for: crawler, isFast: true) == true)
            #expect(line.grantNext() == nil)
            #expect(line.cancel(ticket) == true)
        }
        for (name, size) in containerSizes(in: line) { #expect(size <= 100, "\(name)") }
    }

    @Test func `of 100,000 that wait and leave, one behind the other, nothing stays`() {
        var line = FairQueue(QueueConfiguration(slots: 1, reservedSlots: 0, waitingLimit: 100_000))
        #expect(line.join(1, for: fairnessKey, isFast: false) == true)
        #expect(line.grantNext() == 1)
        for ticket in 2...100_001 as ClosedRange<UInt64> {
            #expect(line.join(ticket, for: FairnessKey(label: "\(ticket % 1_000)"), isFast: ticket % 7 == 0) == true)
        }
        for ticket in 2...100_001 as ClosedRange<UInt64> { #expect(line.cancel(ticket) == true) }
        for (name, size) in containerSizes(in: line) { #expect(size <= 100, "\(name)") }
    }

    @Test func `fairness keys that come once and go leave nothing behind`() {
        var line = FairQueue(QueueConfiguration(slots: 1, reservedSlots: 0))
        #expect(line.join(1, for: fairnessKey, isFast: false) == true)
        #expect(line.join(2, for: fairnessKey, isFast: false) == true)
        #expect(line.grantNext() == 1)
        for ticket in 3...50_000 as ClosedRange<UInt64> {
            #expect(line.join(ticket, for: FairnessKey(label: "\(ticket)"), isFast: false) == true)
            #expect(line.cancel(ticket) == true)
        }
        for (name, size) in containerSizes(in: line) { #expect(size <= 100, "\(name)") }
    }

    @Test func `a line that is worked off leaves nothing behind`() {
        var line = FairQueue(QueueConfiguration(slots: 2, reservedSlots: 1, waitingLimit: 100_000))
        for ticket in 1...20_000 as ClosedRange<UInt64> {
            #expect(line.join(ticket, for: FairnessKey(label: "\(ticket % 100)"), isFast: ticket % 3 == 0) == true)
        }
        var count = 0
        while let ticket = line.grantNext() {
            count += 1
            line.release(ticket)
        }
        #expect(count == 20_000)
        for (name, size) in containerSizes(in: line) { #expect(size <= 100, "\(name)") }
    }
}
