// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import NameResolution
import Testing

@testable import SystemResolution

/// The machine under random questions, cancellations, answers in any order, and shortages of threads.
@Suite struct `Random lookups keep their promises` {
    @Test func `one end each, one answer a family, no more calls than slots, nothing left`() {
        for seed in 0..<3_000 as Range<UInt64> {
            var world = LookupWorld(seed: seed)
            world.run()
            #expect(world.faults == [], "seed \(seed)")
            if !world.faults.isEmpty { return }
        }
    }
}

private struct LookupWorld {
    private struct Waiting {
        let families: AddressFamilies
        var settled: AddressFamilies = []
        var hasStarted = false
        var hasEnded = false
        var isCancelled = false
    }

    private static let slots = 4
    private static let reservedSlots = 2
    private static let addresses: [IPAddress] = [
        .v4(IPv4Address(bits: 0xC000_0201)), .v6(IPv6Address(high: 0x2001_0DB8_0000_0000, low: 1), zone: nil),
    ]

    private var random: SeededGenerator
    private var machine: SystemLookups
    private var now: Duration = .zero
    private var waiting: [SystemLookups.Lookup: Waiting] = [:]
    private var called: [SystemLookups.Call] = []
    private var inside: [SystemLookups.Call] = []
    private(set) var faults: [String] = []

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        machine = SystemLookups(
            queue: QueueConfiguration(slots: Self.slots, reservedSlots: Self.reservedSlots, waitingLimit: 12),
            secondCallDelay: .milliseconds(50)
        )
    }

    mutating func run() {
        for _ in 0..<80 { step() }
        // Every call comes back in the end.
        while let call = (called + inside).first { comeBack(call) }
        for (lookup, state) in waiting where !state.hasEnded && !state.isCancelled {
            faults.append("lookup \(lookup) never ended")
        }
        if machine.callCount != 0 || machine.waitingCount != 0 { faults.append("calls or tickets are left") }
        if !machine.snapshot(at: now).isEmpty { faults.append("the live view is not empty") }
    }

    private mutating func step() {
        now += .milliseconds(Int.random(in: 0...20, using: &random))
        switch Int.random(in: 0..<12, using: &random) {
        case 0...3: ask()
        case 4: cancel()
        case 5:
            guard let lookup = waiting.filter({ !$0.value.hasEnded && !$0.value.isCancelled }).keys.sorted().first
            else {
                return
            }
            take(machine.add(FairnessKey(label: "\(Int.random(in: 0..<3, using: &random))"), to: lookup))
        case 6, 7: begin()
        case 8, 9: if let call = inside.randomElement(using: &random) { comeBack(call) }
        case 10: if let call = called.randomElement(using: &random) { findNoThread(call) }
        default: take(machine.advance(to: now))
        }
        if machine.callCount > Self.slots + Self.reservedSlots { faults.append("\(machine.callCount) calls at once") }
        if machine.callCount != called.count + inside.count {
            faults.append("\(machine.callCount) calls are counted, and \(called.count + inside.count) are under way")
        }
    }

    private mutating func ask() {
        let families: AddressFamilies = [.both, .both, .ipv4, .ipv6][Int.random(in: 0..<4, using: &random)]
        let name = "\(Int.random(in: 0..<20, using: &random)).test"
        let fairnessKey = FairnessKey(label: "\(Int.random(in: 0..<3, using: &random))")
        let (lookup, actions) = machine.ask(LookupQuestion(name: name, families: families), for: fairnessKey, at: now)
        waiting[lookup] = Waiting(families: families)
        take(actions)
    }

    private mutating func cancel() {
        let living = waiting.filter { !$0.value.hasEnded && !$0.value.isCancelled }.keys.sorted()
        guard let lookup = living.randomElement(using: &random) else { return }
        if machine.cancel(lookup) { waiting[lookup]?.isCancelled = true }
    }

    private mutating func begin() {
        guard let call = called.randomElement(using: &random) else { return }
        called.removeAll { $0 == call }
        inside.append(call)
        take(machine.began(call, at: now))
    }

    private mutating func findNoThread(_ call: SystemLookups.Call) {
        called.removeAll { $0 == call }
        take(machine.foundNoThread(for: call, "none"))
    }

    private mutating func comeBack(_ call: SystemLookups.Call) {
        called.removeAll { $0 == call }
        inside.removeAll { $0 == call }
        let results: [Result<[IPAddress], ResolutionError>] = [
            .success(Self.addresses), .success([Self.addresses[0]]), .success([Self.addresses[1]]),
            .failure(ResolutionError(.nameNotFound, "no")), .failure(ResolutionError(.temporaryFailure, "later")),
            .failure(ResolutionError(.noDescriptor, "short")),
        ]
        take(machine.returned(call, with: results[Int.random(in: 0..<results.count, using: &random)], at: now))
    }

    private mutating func take(_ actions: [SystemLookups.Action]) {
        for action in actions {
            switch action {
            case .call(let call, _, _): called.append(call)
            case .deliver(let lookup, let event): receive(event, for: lookup)
            }
        }
    }

    private mutating func receive(_ event: LookupEvent, for lookup: SystemLookups.Lookup) {
        guard var state = waiting[lookup] else { return faults.append("\(lookup) is nobody's") }
        if state.hasEnded { faults.append("\(lookup) hears \(event) after its end") }
        if state.isCancelled { faults.append("\(lookup) hears \(event) after it was taken back") }
        switch event {
        case .started:
            if state.hasStarted { faults.append("\(lookup) started twice") }
            state.hasStarted = true
        case .answered(let answer):
            if !state.settled.isDisjoint(with: answer.families) { faults.append("\(lookup) settled a family twice") }
            if !answer.families.isSubset(of: state.families) { faults.append("\(lookup) settled what nobody asked") }
            for address in answer.addresses where !answer.families.contains(address.family) {
                faults.append("\(lookup) has \(address) in an answer about \(answer.families)")
            }
            state.settled.formUnion(answer.families)
        case .caughtUp: faults.append("\(lookup) hears that it has caught up, which nobody asked for")
        case .bindings: faults.append("\(lookup) hears of bindings, which the system does not know")
        case .ended(let error):
            if error == nil, state.settled != state.families { faults.append("\(lookup) ended well without an answer") }
            state.hasEnded = true
        }
        waiting[lookup] = state
    }
}
