// SPDX-License-Identifier: Apache-2.0

import Dispatch
import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NameResolution
import TestHelpers
import Testing

private let fairnessKey = FairnessKey(label: "test")

private func event(_ addresses: [IPAddress], _ families: AddressFamilies, _ source: LookupSource) -> LookupEvent {
    .answered(
        LookupResult(families: families, addresses: addresses, isInDestinationOrder: false, source: source)
    )
}

extension NameResolver {
    fileprivate func ask(_ name: String, _ receiver: Receiver, for fairnessKey: FairnessKey = fairnessKey)
        -> any LookupHandle
    {
        lookUp(LookupQuestion(name: name), for: fairnessKey, receiver.receive)
    }
}

@Suite struct `Name resolver` {
    private let scripted = ScriptedResolver()

    private func resolver() -> NameResolver { NameResolver(scripted, localNames: nil) }

    @Test func `callers that ask the same share one lookup`() throws {
        let resolver = resolver()
        let (first, second) = (Receiver(), Receiver())
        _ = resolver.ask("db.example", first)
        _ = resolver.ask("DB.example", second, for: FairnessKey(label: "other"))
        #expect(scripted.lookups.count == 1)
        #expect(scripted.lookups[0].joins == [FairnessKey(label: "other")])
        scripted.lookups[0].start()
        scripted.lookups[0].answer([.v4(.loopback)])
        scripted.lookups[0].end()
        #expect(first.events == [.started, event([.v4(.loopback)], .both, .dns), .ended(nil)])
        #expect(second.events == [.started, event([.v4(.loopback)], .both, .shared), .ended(nil)])
        #expect(resolver.startedCount == 1)
        #expect(resolver.inFlightCount == 0)
    }

    /// Looks nothing up by itself.
    private struct Handing: KnowingResolver {
        let own: ScriptedResolver
        let other: ScriptedResolver

        func standing(on question: LookupQuestion) -> ResolverStanding {
            ResolverStanding(known: nil, generation: 1, resolver: other)
        }

        func lookUp(
            _ question: LookupQuestion,
            for fairnessKey: FairnessKey,
            _ receive: @escaping @Sendable (LookupEvent) -> Void
        ) -> any LookupHandle {
            own.lookUp(question, for: fairnessKey, receive)
        }
    }

    @Test func `a lookup is asked of the resolver that the one in front names`() {
        let own = ScriptedResolver()
        let resolver = NameResolver(Handing(own: own, other: scripted), localNames: nil)
        let (first, second) = (Receiver(), Receiver())
        _ = resolver.ask("db.example", first)
        _ = resolver.ask("db.example", second)
        #expect(own.lookups.isEmpty)
        #expect(scripted.lookups.count == 1)
        scripted.lookups[0].end()
        #expect(first.events == [.ended(nil)])
        #expect(second.events == [.ended(nil)])
    }

    @Test func `whoever has left is told nothing, and the others are`() {
        let resolver = resolver()
        let (first, second) = (Receiver(), Receiver())
        let left = resolver.ask("db.example", first)
        _ = resolver.ask("db.example", second)
        #expect(left.cancel())
        scripted.lookups[0].end()
        #expect(first.events == [])
        #expect(second.events == [.ended(nil)])
        #expect(scripted.lookups[0].cancellations == 0)
    }

    @Test func `when the last has left, the lookup is called back`() {
        let resolver = resolver()
        let waits = (0..<3).map { _ in resolver.ask("db.example", Receiver()) }
        for wait in waits { #expect(wait.cancel()) }
        #expect(scripted.lookups[0].cancellations == 1)
        #expect(resolver.inFlightCount == 0)
        _ = resolver.ask("db.example", Receiver())
        #expect(resolver.startedCount == 2)
    }

    @Test func `one that cannot be called back serves whoever asks next`() {
        scripted.canCancel = false
        let resolver = resolver()
        let (first, second) = (Receiver(), Receiver())
        #expect(resolver.ask("db.example", first).cancel())
        #expect(resolver.inFlightCount == 1)
        _ = resolver.ask("db.example", second)
        #expect(scripted.lookups.count == 1)
        #expect(scripted.lookups[0].joins == [fairnessKey])
        scripted.lookups[0].answer([.v4(.loopback)])
        scripted.lookups[0].end()
        #expect(first.events == [])
        #expect(second.events == [event([.v4(.loopback)], .both, .shared), .ended(nil)])
    }

    @Test func `leaving twice, or after the end, changes nothing`() {
        let resolver = resolver()
        let (first, second) = (Receiver(), Receiver())
        let wait = resolver.ask("db.example", first)
        _ = resolver.ask("db.example", second)
        #expect(wait.cancel())
        #expect(wait.cancel())
        scripted.lookups[0].end()
        #expect(wait.cancel())
        #expect(second.events == [.ended(nil)])
        #expect(scripted.lookups[0].cancellations == 0)
    }

    @Test func `a receiver may ask and leave while it is told`() {
        let resolver = resolver()
        let (inner, outer) = (Receiver(), Receiver())
        _ = resolver.lookUp(LookupQuestion(name: "a.example"), for: fairnessKey) { event in
            outer.receive(event)
            if event == .started { _ = resolver.ask("b.example", inner) }
            if event.isEnd { _ = resolver.ask("a.example", inner).cancel() }
        }
        scripted.lookups[0].start()
        scripted.lookups[0].end()
        #expect(outer.events == [.started, .ended(nil)])
        #expect(scripted.lookups.map(\.question.name) == ["a.example", "b.example", "a.example"])
        #expect(scripted.lookups.map(\.cancellations) == [0, 0, 1])
        #expect(resolver.inFlightCount == 1)
    }

    @Test func `a resolver may answer before it returns`() {
        struct Instant: AddressResolver, LookupHandle {
            func lookUp(
                _ question: LookupQuestion,
                for fairnessKey: FairnessKey,
                _ receive: @escaping @Sendable (LookupEvent) -> Void
            ) -> any LookupHandle {
                receive(.started)
                receive(event([.v4(.loopback)], .both, .system))
                receive(.ended(nil))
                return self
            }

            func cancel() -> Bool { true }
        }
        let resolver = NameResolver(Instant(), localNames: nil)
        let receiver = Receiver()
        let wait = resolver.ask("db.example", receiver)
        #expect(receiver.events == [.started, event([.v4(.loopback)], .both, .system), .ended(nil)])
        #expect(resolver.inFlightCount == 0)
        #expect(wait.cancel())
    }

    @Test func `rule 2: a local name is answered before the call returns, and nobody is asked`() throws {
        let folder = try TemporaryFolder()
        try folder.write("192.0.2.7 db.example\n", to: "hosts")
        let names = LocalNames(hostsPath: folder.path("hosts"), nameServiceSwitchPath: folder.path("none"))
        let resolver = NameResolver(scripted, localNames: names)
        let receiver = Receiver()
        #expect(resolver.ask("db.example", receiver).cancel())
        let answer = LookupResult(
            families: .both,
            addresses: [.v4(IPv4Address(bits: 0xC000_0207))],
            isInDestinationOrder: true,
            source: .hosts
        )
        #expect(receiver.events == [.answered(answer), .ended(nil)])
        #expect(scripted.lookups.isEmpty)
        #expect(resolver.startedCount == 0)
        _ = resolver.ask("other.example", receiver)
        #expect(scripted.lookups.map(\.question.name) == ["other.example"])
    }

    @Test(.timeLimit(.minutes(15)))
    func `rule 3: 500 callers at once are one lookup`() async throws {
        let resolver = resolver()
        let receivers = (0..<500).map { _ in Receiver() }
        await withTaskGroup { group in
            for (number, receiver) in receivers.enumerated() {
                let name = number % 2 == 0 ? "db.example" : "DB.EXAMPLE"
                group.addTask { _ = resolver.ask(name, receiver, for: FairnessKey(label: "\(number % 7)")) }
            }
        }
        #expect(scripted.lookups.count == 1)
        #expect(scripted.lookups[0].joins.count == 6)
        scripted.lookups[0].start()
        scripted.lookups[0].answer([.v4(.loopback)])
        scripted.lookups[0].end()
        let shared: [LookupEvent] = [.started, event([.v4(.loopback)], .both, .shared), .ended(nil)]
        let own: [LookupEvent] = [.started, event([.v4(.loopback)], .both, .dns), .ended(nil)]
        #expect(receivers.filter { $0.events == shared }.count == 499)
        #expect(receivers.filter { $0.events == own }.count == 1)
    }
}

/// A resolver that takes its time over being asked for one name, and then passes it on.
private final class Hesitant: AddressResolver {
    let scripted = ScriptedResolver()
    private let (asked, isAsked) = AsyncStream.makeStream(of: Void.self)
    private let mayGoOn = ConditionLock(value: false)

    func lookUp(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupHandle {
        if question.key == "slow.example" {
            isAsked.finish()
            mayGoOn.lock(whenValue: true)
            mayGoOn.unlock()
        }
        return scripted.lookUp(question, for: fairnessKey, receive)
    }

    func waitUntilAsked() async {
        for await _ in asked {}
    }

    func goOn() {
        mayGoOn.lock()
        mayGoOn.unlock(withValue: true)
    }
}

@Suite struct `A lookup that is being asked for` {
    private let hesitant = Hesitant()

    /// Has a caller ask for the slow name on a thread of its own, and returns while it is being asked for.
    private func askSlowly(_ resolver: NameResolver, _ receiver: Receiver) async -> Task<any LookupHandle, Never> {
        let task = Task {
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(returning: resolver.ask("slow.example", receiver))
                }
            }
        }
        await hesitant.waitUntilAsked()
        return task
    }

    @Test(.timeLimit(.minutes(15)))
    func `keeps no other name from being asked for, answered and told`() async {
        let resolver = NameResolver(hesitant, localNames: nil)
        let slow = await askSlowly(resolver, Receiver())
        let receiver = Receiver()
        _ = resolver.ask("fast.example", receiver)
        hesitant.scripted.lookups[0].start()
        hesitant.scripted.lookups[0].end()
        #expect(receiver.events == [.started, .ended(nil)])
        hesitant.goOn()
        _ = await slow.value
        #expect(hesitant.scripted.lookups.map(\.question.name) == ["fast.example", "slow.example"])
    }

    @Test(.timeLimit(.minutes(15)))
    func `hears of those who have joined meanwhile`() async {
        let resolver = NameResolver(hesitant, localNames: nil)
        let slow = await askSlowly(resolver, Receiver())
        _ = resolver.ask("slow.example", Receiver(), for: FairnessKey(label: "mail"))
        hesitant.goOn()
        _ = await slow.value
        #expect(hesitant.scripted.lookups.count == 1)
        #expect(hesitant.scripted.lookups[0].joins == [FairnessKey(label: "mail")])
    }

    @Test(.timeLimit(.minutes(15)))
    func `is taken back when everybody has left meanwhile`() async {
        let resolver = NameResolver(hesitant, localNames: nil)
        let slow = await askSlowly(resolver, Receiver())
        // Joins, and leaves; then the first one, who could not do so before.
        _ = resolver.ask("slow.example", Receiver()).cancel()
        hesitant.goOn()
        _ = await slow.value.cancel()
        #expect(hesitant.scripted.lookups.map(\.cancellations) == [1])
        #expect(resolver.inFlightCount == 0)
    }
}

/// Callers come and go on every thread there is, while a script answers what is asked.
@Suite struct `Name resolver under races` {
    @Test(.timeLimit(.minutes(15)), arguments: 1...30 as ClosedRange<UInt64>)
    func `each caller that stays is told everything once, and nobody anything after the end`(seed: UInt64) async throws
    {
        var generator = SeededGenerator(seed: seed)
        let scripted = ScriptedResolver(canCancel: seed % 2 == 0)
        let resolver = NameResolver(scripted, localNames: nil)
        let script = Task {
            while let lookup = try? await scripted.nextLookup() {
                if lookup.question.key != "b" { lookup.start() }
                lookup.answer([.v6(.loopback, zone: nil)], settling: .ipv6)
                await Task.yield()
                lookup.answer([.v4(.loopback)], settling: .ipv4)
                lookup.end()
            }
        }
        let callers = (0..<200).map { _ in
            (name: ["a", "A", "b", "c"].pick(&generator), leaves: Int.random(in: 0..<3, using: &generator))
        }
        await withTaskGroup { group in
            for (number, caller) in callers.enumerated() {
                group.addTask {
                    let receiver = Receiver()
                    let wait = resolver.ask(caller.name, receiver, for: FairnessKey(label: "\(number % 5)"))
                    switch caller.leaves {
                    case 0: _ = wait.cancel()
                    case 1:
                        await Task.yield()
                        _ = wait.cancel()
                    default:
                        await receiver.ended()
                        expectWhole(receiver.events, seed)
                    }
                    expectOrderly(receiver.events, seed)
                }
            }
        }
        script.cancel()
        await script.value
        for lookup in scripted.lookups { lookup.end() }
        #expect(resolver.inFlightCount == 0, "seed \(seed)")
    }
}

/// A caller that has stayed has both families, each settled once, and one end.
private func expectWhole(_ events: [LookupEvent], _ seed: UInt64) {
    #expect(events.last == .ended(nil), "seed \(seed)")
    var settled: [AddressFamilies] = []
    for case .answered(let answer) in events { settled.append(answer.families) }
    #expect(Set(settled) == [.ipv4, .ipv6] && settled.count == 2, "seed \(seed): \(events)")
}

/// Nothing comes after the end, and `started` comes once at most and first.
private func expectOrderly(_ events: [LookupEvent], _ seed: UInt64) {
    #expect(events.filter(\.isEnd).count <= 1, "seed \(seed): \(events)")
    #expect(events.dropLast().allSatisfy { !$0.isEnd }, "seed \(seed): \(events)")
    #expect(events.dropFirst().allSatisfy { $0 != .started }, "seed \(seed): \(events)")
}
