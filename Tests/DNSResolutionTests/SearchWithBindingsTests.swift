// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDialTestKit
import IPAddresses
import NameResolution
import Testing

@testable import DNSResolution

/// A lookup with bindings goes through a search list, and the cache knows some of its names: steps for one name may be
/// left over when the next one has begun.
@Suite struct `Bindings, a search list and a cache together` {
    private static let https = BindingQuestion.https(port: 443)
    private static let second = ["web.two.test a", "web.two.test aaaa", "web.two.test https"]

    private static func bench() -> StubBench { StubBench(search: ["one.test", "two.test"]) }

    @Test func `of a name that the cache denies in both families, no bindings are asked for`() {
        var bench = Self.bench()
        _ = bench.lookUp("web")
        for type in [RecordType.a, .aaaa] { bench.deny("web.one.test", type) }
        for type in [RecordType.a, .aaaa] { bench.answer("web.two.test", type) { $0.answers[0].timeToLive = 1 } }
        bench.advance(to: .seconds(2))
        let before = bench.asked.count
        let lookup = bench.lookUp("web", service: Self.https)
        #expect(Array(bench.asked[before...]) == Self.second)
        bench.answer("web.two.test", .a)
        bench.answer("web.two.test", .aaaa)
        bench.deny("web.two.test", .https, exists: true)
        #expect(bench.events[lookup]?.last == "ended")
        #expect(bench.resolver.count == 0 && bench.resolver.queryCount == 0)
    }

    @Test func `of a name that the cache denies in one family, neither`() {
        var bench = Self.bench()
        _ = bench.lookUp("web", families: .ipv4)
        bench.deny("web.one.test", .a)
        bench.answer("web.two.test", .a) { $0.answers[0].timeToLive = 1 }
        bench.advance(to: .seconds(2))
        let before = bench.asked.count
        _ = bench.lookUp("web", service: Self.https)
        #expect(Array(bench.asked[before...]) == ["web.one.test aaaa"])
        bench.deny("web.one.test", .aaaa)
        #expect(Array(bench.asked[(before + 1)...]) == Self.second)
    }

    @Test func `one name's bindings are never another's`() {
        var bench = Self.bench()
        _ = bench.lookUp("web", families: .ipv4)
        bench.deny("web.one.test", .a)
        bench.answer("web.two.test", .a) { $0.answers[0].timeToLive = 1 }
        bench.advance(to: .seconds(2))
        let before = bench.asked.count
        _ = bench.lookUp("web", families: .ipv4, service: Self.https)
        #expect(Array(bench.asked[before...]) == ["web.two.test a", "web.two.test https"])
    }

    @Test func `whatever servers say, all that a lookup is told is of one name, and it ends once`() {
        for seed in 0..<UInt64(100) {
            var run = SearchRun(seed)
            for _ in 0..<80 { run.step() }
            run.end()
            #expect(run.faults == [], "seed \(seed)")
        }
    }
}

/// A run that a seed makes up: lookups, answers, time and cancellations in any order.
private struct SearchRun {
    private var bench = StubBench(search: ["one.test", "two.test", "three.test"])
    private var generator: SeededGenerator
    private var lookups: [StubResolver.Lookup] = []
    private var cancelled: Set<StubResolver.Lookup> = []
    private(set) var faults: [String] = []

    private static let owners = ["web", "db"].flatMap { host in
        ["", ".one.test", ".two.test", ".three.test"].map { host + $0 }
    }

    init(_ seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    private mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }

    mutating func step() {
        switch number(0..<12) {
        case 0..<2:
            let service = number(0..<3) > 0 ? BindingQuestion.https(port: 443) : nil
            let families: AddressFamilies = [.both, .ipv4, .ipv6][number(0..<3)]
            lookups.append(bench.lookUp(["web", "db"][number(0..<2)], families: families, service: service))
        case 2..<10: answerOne()
        case 10: bench.advance(to: bench.now + .milliseconds(number(0..<2_000)))
        default:
            guard !lookups.isEmpty, number(0..<3) == 0 else { return }
            let lookup = lookups[number(0..<lookups.count)]
            if bench.perform({ resolver, now, actions in resolver.cancel(lookup, at: now, &actions) }) {
                cancelled.insert(lookup)
            }
        }
    }

    private mutating func answerOne() {
        let recent = bench.open.suffix(8)
        guard !recent.isEmpty else { return }
        let question = recent[recent.startIndex + number(0..<recent.count)].message.questions[0]
        let name = "\(question.name)".lowercased()
        let seconds = UInt32(number(1..<30))
        switch number(0..<8) {
        case 0..<3: bench.deny(name, question.type, seconds: seconds)
        case 3: bench.deny(name, question.type, exists: true, seconds: seconds)
        case 4: bench.fail(name, question.type)
        default:
            let isAlias = number(0..<4) == 0 && !name.hasPrefix("alias.")
            let place = UInt8(Self.owners.firstIndex(of: name) ?? 0) + 1
            bench.answer(name, question.type) { message in
                Self.tell(of: name, place, seconds, isAlias: isAlias, &message)
            }
        }
    }

    /// Addresses that end in the owner's number, and bindings whose target is below the owner.
    private static func tell(
        of owner: String,
        _ place: UInt8,
        _ seconds: UInt32,
        isAlias: Bool,
        _ message: inout Message
    ) {
        let question = message.questions[0]
        let data: any RecordData
        switch question.type {
        case .a: data = ARecord(IPv4Address(bits: 0xC000_0200 + UInt32(place)))
        case .aaaa: data = AAAARecord(IPv6Address(high: 0, low: UInt64(place)))
        default:
            let text = isAlias ? "0 alias.\(owner)" : "1 target.\(owner)"
            guard let binding = try? SVCBRecord(presentation: text) else { preconditionFailure("\(text) is no record") }
            data = HTTPSRecord(binding)
        }
        message.answers = [Record(name: question.name, timeToLive: seconds, data: data)]
    }

    mutating func end() {
        bench.advance(to: bench.now + .seconds(300))
        if bench.resolver.count + bench.resolver.queryCount > 0 { faults.append("something is in flight still") }
        for lookup in lookups { judge(bench.events[lookup] ?? [], isCancelled: cancelled.contains(lookup)) }
    }

    private mutating func judge(_ events: [String], isCancelled: Bool) {
        let ends = events.count { $0.hasPrefix("ended") }
        if ends != (isCancelled ? 0 : 1) { faults.append("\(ends) ends: \(events)") }
        var places: Set<Int> = []
        for event in events {
            let words = event.split(separator: " ")
            if event.hasPrefix("ipv"), words.count == 3 {
                let last = words[1].split { $0 == "." || $0 == ":" }.last ?? ""
                if let place = Int(last, radix: 16) { places.insert(place) }
            } else if event.hasPrefix("bound at"), words.count > 4, words[3] == "1" {
                let owner = words[2].dropLast()
                places.insert((Self.owners.firstIndex(of: String(owner)) ?? -2) + 1)
                let target = words[4].prefix { $0 != "," }
                if !target.hasSuffix(".\(owner)") { faults.append("another name's bindings: \(event)") }
            }
        }
        if places.count > 1 { faults.append("of several names: \(events)") }
    }
}
