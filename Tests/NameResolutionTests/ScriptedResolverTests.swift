// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import NameResolution
import Testing

@Suite struct `Scripted resolver` {
    private let resolver = ScriptedResolver()
    private let receiver = Receiver()
    private let fairnessKey = FairnessKey(label: "test")

    private func ask(_ name: String) -> any LookupHandle {
        resolver.lookUp(LookupQuestion(name: name), for: fairnessKey, receiver.receive)
    }

    @Test func `nothing happens until the test says so`() async throws {
        _ = ask("db.example")
        #expect(receiver.events == [])
        let lookup = try await resolver.nextLookup()
        #expect(lookup.question == LookupQuestion(name: "db.example"))
        #expect(lookup.fairnessKey == fairnessKey)
        #expect(lookup.start())
        #expect(lookup.answer([.v4(.loopback)]))
        #expect(lookup.isInFlight)
        #expect(lookup.end())
        #expect(!lookup.isInFlight)
        let answer = LookupResult(
            families: .both,
            addresses: [.v4(.loopback)],
            isInDestinationOrder: false,
            source: .dns
        )
        #expect(receiver.events == [.started, .answered(answer), .ended(nil)])
    }

    @Test func `whoever waits for a lookup gets it when it comes`() async throws {
        async let lookup = resolver.nextLookup(of: "DB.example")
        _ = ask("other.example")
        _ = ask("db.example")
        #expect(try await lookup.question.name == "db.example")
        #expect(try await resolver.nextLookup().question.name == "other.example")
    }

    @Test func `each lookup is handed out once, the oldest first`() async throws {
        for name in ["a", "b", "c"] { _ = ask(name) }
        var names: [String] = []
        for _ in 0..<3 { names.append(try await resolver.nextLookup().question.name) }
        #expect(names == ["a", "b", "c"])
        #expect(resolver.lookups.map(\.question.name) == ["a", "b", "c"])
    }

    @Test(.timeLimit(.minutes(15)))
    func `a wait ends with its task`() async {
        // Some are cancelled before they wait, some after.
        let waits = (0..<100).map { _ in Task { [resolver] in try await resolver.nextLookup() } }
        for wait in waits {
            wait.cancel()
            await #expect(throws: CancellationError.self) { try await wait.value }
        }
    }

    @Test func `joins and cancellations are recorded, and can be waited for`() async throws {
        let inFlight = ask("db.example")
        let lookup = try await resolver.nextLookup()
        let other = FairnessKey(label: "other")
        async let joined: Void = lookup.joined(by: other)
        async let cancelled: Void = lookup.cancelled()
        inFlight.join(other)
        try await joined
        #expect(inFlight.cancel())
        try await cancelled
        #expect(lookup.joins == [other])
        #expect(lookup.cancellations == 1)
    }

    @Test func `after a cancellation that succeeds nobody is told anything`() {
        #expect(ask("db.example").cancel())
        let lookup = resolver.lookups[0]
        #expect(!lookup.isInFlight)
        #expect(!lookup.start())
        #expect(!lookup.end())
        #expect(receiver.events == [])
    }

    @Test func `one that cannot be called back still reports`() {
        resolver.canCancel = false
        #expect(!ask("db.example").cancel())
        #expect(resolver.lookups[0].end(ResolutionError(.nameNotFound, "no such name")))
        #expect(receiver.events == [.ended(ResolutionError(.nameNotFound, "no such name"))])
    }

    @Test func `nothing follows the end`() {
        let inFlight = ask("db.example")
        #expect(resolver.lookups[0].end())
        #expect(!resolver.lookups[0].end())
        #expect(!resolver.lookups[0].answer([]))
        #expect(inFlight.cancel())
        #expect(receiver.events == [.ended(nil)])
    }
}
