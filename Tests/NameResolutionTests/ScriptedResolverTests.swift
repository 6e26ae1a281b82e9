// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import NameResolution
import Testing

@Suite struct `Scripted resolver` {
    private let resolver = ScriptedResolver()
    private let receiver = Receiver()
    private let asker = Asker(label: "test")

    private func ask(_ name: String) -> any LookupUnderWay {
        resolver.lookUp(LookupQuestion(name: name), for: asker, receiver.receive)
    }

    @Test func `nothing happens until the test says so`() async throws {
        _ = ask("db.example")
        #expect(receiver.events == [])
        let lookup = try await resolver.nextLookup()
        #expect(lookup.question == LookupQuestion(name: "db.example"))
        #expect(lookup.asker == asker)
        #expect(lookup.start())
        #expect(lookup.answer([.v4(.loopback)]))
        #expect(lookup.isUnderWay)
        #expect(lookup.end())
        #expect(!lookup.isUnderWay)
        let answer = LookupAnswer(
            families: .both,
            addresses: [.v4(.loopback)],
            isInDestinationOrder: false,
            source: .dns
        )
        #expect(receiver.events == [.started, .answered(answer), .ended(nil)])
    }

    @Test func `whoever waits for a look-up gets it when it comes`() async throws {
        async let lookup = resolver.nextLookup(of: "DB.example")
        _ = ask("other.example")
        _ = ask("db.example")
        #expect(try await lookup.question.name == "db.example")
        #expect(try await resolver.nextLookup().question.name == "other.example")
    }

    @Test func `each look-up is handed out once, the oldest first`() async throws {
        for name in ["a", "b", "c"] { _ = ask(name) }
        var names: [String] = []
        for _ in 0..<3 { names.append(try await resolver.nextLookup().question.name) }
        #expect(names == ["a", "b", "c"])
        #expect(resolver.lookups.map(\.question.name) == ["a", "b", "c"])
    }

    @Test(.timeLimit(.minutes(1)))
    func `a wait ends with its task`() async {
        // Some are cancelled before they wait, some after.
        let waits = (0..<100).map { _ in Task { [resolver] in try await resolver.nextLookup() } }
        for wait in waits {
            wait.cancel()
            await #expect(throws: CancellationError.self) { try await wait.value }
        }
    }

    @Test func `joins and withdrawals are recorded, and can be waited for`() async throws {
        let underWay = ask("db.example")
        let lookup = try await resolver.nextLookup()
        let other = Asker(label: "other")
        async let joined: Void = lookup.joined(by: other)
        async let withdrawn: Void = lookup.withdrawn()
        underWay.join(other)
        try await joined
        #expect(underWay.withdraw())
        try await withdrawn
        #expect(lookup.joins == [other])
        #expect(lookup.withdrawals == 1)
    }

    @Test func `after a withdrawal that succeeds nobody is told anything`() {
        #expect(ask("db.example").withdraw())
        let lookup = resolver.lookups[0]
        #expect(!lookup.isUnderWay)
        #expect(!lookup.start())
        #expect(!lookup.end())
        #expect(receiver.events == [])
    }

    @Test func `one that cannot be called back still reports`() {
        resolver.canWithdraw = false
        #expect(!ask("db.example").withdraw())
        #expect(resolver.lookups[0].end(ResolutionError(.nameNotFound, "no such name")))
        #expect(receiver.events == [.ended(ResolutionError(.nameNotFound, "no such name"))])
    }

    @Test func `nothing follows the end`() {
        let underWay = ask("db.example")
        #expect(resolver.lookups[0].end())
        #expect(!resolver.lookups[0].end())
        #expect(!resolver.lookups[0].answer([]))
        #expect(underWay.withdraw())
        #expect(receiver.events == [.ended(nil)])
    }
}
