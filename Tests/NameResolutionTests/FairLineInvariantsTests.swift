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
        var askers: [Asker]
        let isFast: Bool
    }

    let configuration: FairLine.Configuration
    private(set) var faults: [String] = []
    private var line: FairLine
    private var generator: SeededGenerator
    private let askers: [Asker]
    private var waiting: [FairLine.Ticket: Waiting] = [:]
    private var granted: [FairLine.Ticket: (asker: Asker, entry: Waiting)] = [:]
    private var extras = 0
    private var isHeld = false
    private var nextTicket: FairLine.Ticket = 1
    /// For each asker that waits below its share: how often each other one has been served since.
    private var served: [Asker: [Asker: Int]] = [:]

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        configuration = FairLine.Configuration(
            places: Int.random(in: 1...8, using: &generator),
            kept: Int.random(in: 0...9, using: &generator),
            waitingLimit: [3, 20, 200].pick(&generator)
        )
        line = FairLine(configuration)
        askers = (0..<Int.random(in: 1...7, using: &generator)).map { Asker(label: "asker \($0)") }
    }

    private var taken: Int { granted.count + extras }

    private var fastLimit: Int { configuration.places + configuration.kept }

    /// One kept place in four is for fast names alone, and where there are two or three, one is.
    private var idleLimit: Int {
        fastLimit - (configuration.kept >= 4 ? configuration.kept / 4 : configuration.kept >= 2 ? 1 : 0)
    }

    private func underWay(_ asker: Asker) -> Int { granted.values.filter { $0.asker == asker }.count }

    private func hasWaiting(_ asker: Asker) -> Bool { waiting.values.contains { $0.askers.contains(asker) } }

    private var share: Int {
        let present = askers.filter { hasWaiting($0) || underWay($0) > 0 }.count
        return max(1, configuration.places / max(1, present))
    }

    mutating func step() {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<40: join()
        case 40..<50: add()
        case 50..<58: withdraw()
        case 58..<92: release()
        case 92..<95: putBack()
        case 95..<98: takeExtra()
        default: releaseExtra()
        }
        grantAll()
        check()
    }

    /// Everybody leaves; nothing may stay behind.
    mutating func clearUp() {
        for ticket in waiting.keys.sorted() {
            expect(line.withdraw(ticket), "\(ticket) waited and could not be withdrawn")
        }
        waiting = [:]
        for ticket in granted.keys.sorted() { line.release(ticket) }
        granted = [:]
        while extras > 0 { releaseExtra() }
        check()
        let left = containerSizes(in: line)
        for name in ["waiting", "granted", "askers"] { expect(left[name] == 0, "\(name): \(left)") }
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
        expect(taken >= configuration.places, "a free place is left empty")
        if taken < idleLimit {
            let idle = askers.first { hasWaiting($0) && underWay($0) == 0 }
            expect(idle == nil, "\(idle.map(\.description) ?? "") has nothing under way and waits at \(taken) taken")
        }
        if taken < fastLimit {
            expect(!waiting.values.contains(where: \.isFast), "a fast name waits at \(taken) taken")
        }
    }

    private mutating func join() {
        let ticket = nextTicket
        nextTicket += 1
        let asker = askers.pick(&generator)
        let isFast = Int.random(in: 0..<6, using: &generator) == 0
        let isIn = line.join(ticket, for: asker, isFast: isFast)
        if isIn {
            waiting[ticket] = Waiting(askers: [asker], isFast: isFast)
        } else {
            expect(waiting.count >= configuration.waitingLimit, "refused with \(waiting.count) waiting")
        }
        expect(line.isWaiting(ticket) == isIn, "\(ticket) joined and does not wait")
    }

    private mutating func add() {
        let ticket = FairLine.Ticket.random(in: 0...nextTicket, using: &generator)
        let asker = askers.pick(&generator)
        line.add(asker, to: ticket)
        if waiting[ticket]?.askers.contains(asker) == false { waiting[ticket]?.askers.append(asker) }
        if granted[ticket]?.entry.askers.contains(asker) == false { granted[ticket]?.entry.askers.append(asker) }
    }

    private mutating func withdraw() {
        let ticket = waiting.keys.sorted().randomElement(using: &generator) ?? nextTicket + 1
        expect(line.withdraw(ticket) == (waiting[ticket] != nil), "\(ticket) was withdrawn wrongly")
        waiting[ticket] = nil
    }

    private mutating func release() {
        guard let ticket = granted.keys.sorted().randomElement(using: &generator) else { return }
        line.release(ticket)
        granted[ticket] = nil
        isHeld = false
    }

    private mutating func putBack() {
        guard let ticket = granted.keys.sorted().randomElement(using: &generator), let place = granted[ticket] else {
            return
        }
        line.putBack(ticket)
        granted[ticket] = nil
        waiting[ticket] = place.entry
        isHeld = taken > 0
        expect(line.isWaiting(ticket), "\(ticket) was put back and does not wait")
    }

    private mutating func takeExtra() {
        let mayHaveOne = !isHeld && taken * 2 < configuration.places
        expect(line.takeExtraPlace() == mayHaveOne, "an extra place at \(taken) taken, held: \(isHeld)")
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
            guard let asker = Self.asker(of: ticket, in: line), entry.askers.contains(asker) else {
                faults.append("\(ticket) was granted to somebody who does not wait for it")
                return
            }
            if taken < configuration.places {
                checkTurn(of: asker)
            } else {
                let isIdle = underWay(asker) == 0 && taken < idleLimit
                expect(isIdle || entry.isFast, "\(ticket) had a kept place at \(taken) taken and was not owed it")
            }
            waiting[ticket] = nil
            granted[ticket] = (asker, entry)
        }
    }

    /// An asker is served in turn: it is not over its share while others are below theirs, and no other one has waited
    /// below its share while this one was served twice.
    private mutating func checkTurn(of asker: Asker) {
        let share = share
        let below = askers.filter { hasWaiting($0) && underWay($0) < share }
        expect(below.isEmpty || underWay(asker) < share, "\(asker) is over its share of \(share), \(below) are not")
        served = served.filter { below.contains($0.key) }
        served[asker] = nil
        for other in below where other != asker {
            let times = served[other, default: [:]][asker, default: 0]
            expect(times == 0, "\(asker) was served twice while \(other) waited")
            served[other, default: [:]][asker] = times + 1
        }
    }

    /// Whose place a granted ticket has, as the line sees it.
    private static func asker(of ticket: FairLine.Ticket, in line: FairLine) -> Asker? {
        for child in Mirror(reflecting: line).children where child.label == "granted" {
            for entry in Mirror(reflecting: child.value).children {
                let pair = Mirror(reflecting: entry.value).children.map(\.value)
                guard pair.count == 2, pair[0] as? FairLine.Ticket == ticket else { continue }
                return Mirror(reflecting: pair[1]).descendant("asker") as? Asker
            }
        }
        return nil
    }
}

@Suite struct `A line's work is bounded` {
    private let asker = Asker(label: "feeds")

    @Test func `tickets that come and go leave nothing behind while the places are taken`() {
        var line = FairLine(FairLine.Configuration(places: 1, kept: 0))
        #expect(line.join(1, for: asker, isFast: false) == true)
        #expect(line.grantNext() == 1)
        let crawler = Asker(label: "crawler")
        for ticket in 2...100_001 as ClosedRange<UInt64> {
            #expect(line.join(ticket, for: crawler, isFast: true) == true)
            #expect(line.grantNext() == nil)
            #expect(line.withdraw(ticket) == true)
        }
        for (name, size) in containerSizes(in: line) { #expect(size <= 100, "\(name)") }
    }

    @Test func `of 100,000 that wait and leave, one behind the other, nothing stays`() {
        var line = FairLine(FairLine.Configuration(places: 1, kept: 0, waitingLimit: 100_000))
        #expect(line.join(1, for: asker, isFast: false) == true)
        #expect(line.grantNext() == 1)
        for ticket in 2...100_001 as ClosedRange<UInt64> {
            #expect(line.join(ticket, for: Asker(label: "\(ticket % 1_000)"), isFast: ticket % 7 == 0) == true)
        }
        for ticket in 2...100_001 as ClosedRange<UInt64> { #expect(line.withdraw(ticket) == true) }
        for (name, size) in containerSizes(in: line) { #expect(size <= 100, "\(name)") }
    }

    @Test func `askers that come once and go leave nothing behind`() {
        var line = FairLine(FairLine.Configuration(places: 1, kept: 0))
        #expect(line.join(1, for: asker, isFast: false) == true)
        #expect(line.join(2, for: asker, isFast: false) == true)
        #expect(line.grantNext() == 1)
        for ticket in 3...50_000 as ClosedRange<UInt64> {
            #expect(line.join(ticket, for: Asker(label: "\(ticket)"), isFast: false) == true)
            #expect(line.withdraw(ticket) == true)
        }
        for (name, size) in containerSizes(in: line) { #expect(size <= 100, "\(name)") }
    }

    @Test func `a line that is worked off leaves nothing behind`() {
        var line = FairLine(FairLine.Configuration(places: 2, kept: 1, waitingLimit: 100_000))
        for ticket in 1...20_000 as ClosedRange<UInt64> {
            #expect(line.join(ticket, for: Asker(label: "\(ticket % 100)"), isFast: ticket % 3 == 0) == true)
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
