// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import Testing

@testable import NameResolution

/// Who is stuck in a lookup, for how long, and who waits.
@Suite struct `The list of lookups in flight` {
    private let scripted = ScriptedResolver()
    private let resolver: NameResolver

    init() {
        resolver = NameResolver(scripted, localNames: nil)
    }

    private func ask(_ name: String, _ receive: @escaping @Sendable (LookupEvent) -> Void = { _ in })
        -> any LookupHandle
    {
        resolver.lookUp(LookupQuestion(name: name), for: FairnessKey(label: "test"), receive)
    }

    @Test func `has each lookup once, with those who wait for it, and where it is`() async throws {
        let first = ask("db.test")
        let second = ask("db.test")
        #expect(first.listed?.id != nil)
        #expect(first.listed?.id == second.listed?.id)
        let lookup = try await scripted.nextLookup(of: "db.test")
        let queued = try #require(resolver.lookupsInFlight.first)
        #expect(resolver.lookupsInFlight.count == 1)
        #expect((queued.name, queued.waiters, queued.stage) == ("db.test", 2, .queued))
        #expect(queued.id == first.listed?.id)
        lookup.start()
        #expect(resolver.lookupsInFlight.first?.stage == .asked)
        _ = second.cancel()
        #expect(resolver.lookupsInFlight.first?.waiters == 1)
        lookup.end()
        #expect(resolver.lookupsInFlight == [])
        #expect(first.listed?.id == nil)
    }

    @Test func `keeps one that no caller waits for, as long as it cannot be called back`() async throws {
        scripted.canCancel = false
        let only = ask("stuck.test")
        let lookup = try await scripted.nextLookup(of: "stuck.test")
        _ = only.cancel()
        let abandoned = try #require(resolver.lookupsInFlight.first)
        #expect(abandoned.isAbandoned)
        #expect(abandoned.description.hasPrefix("stuck.test  "))
        #expect(abandoned.description.hasSuffix("resolver, queued  abandoned"))
        lookup.end()
        #expect(resolver.lookupsInFlight == [])
    }

    @Test func `loses one that was cancelled`() async throws {
        let only = ask("gone.test")
        _ = try await scripted.nextLookup(of: "gone.test")
        #expect(resolver.lookupsInFlight.count == 1)
        _ = only.cancel()
        #expect(resolver.lookupsInFlight == [])
    }

    @Test func `has the oldest first, and ids that no other resolver of the process has`() async throws {
        let handles = ["a.test", "b.test", "c.test"].map { ask($0) }
        #expect(resolver.lookupsInFlight.map(\.name) == ["a.test", "b.test", "c.test"])
        let other = NameResolver(ScriptedResolver(), localNames: nil)
        let foreign = other.lookUp(LookupQuestion(name: "a.test"), for: FairnessKey(label: "test")) { _ in }
        #expect(foreign.listed?.id != nil)
        #expect(!handles.contains { $0.listed?.id == foreign.listed?.id })
    }

    @Test func `has lookups of records, with their type`() async throws {
        let question = Question(name: try DomainName("_db._tcp.example.org"), type: .srv)
        let records = Records()
        let resolver = NameResolver(records, localNames: nil)
        let ended = resolver.lookUpRecords(question, for: FairnessKey(label: "test")) { _ in }
        let line = try #require(resolver.lookupsInFlight.first)
        #expect((line.name, line.recordType, line.stage) == ("_db._tcp.example.org", .srv, .asked))
        #expect(ended.listed?.id == line.id)
        let cancelled = resolver.lookUpRecords(question, for: FairnessKey(label: "test")) { _ in }
        #expect(resolver.lookupsInFlight.count == 2)
        #expect(cancelled.cancel())
        records.end()
        #expect(resolver.lookupsInFlight == [])
        #expect(ended.listed?.id == nil)
    }
}

/// A resolver whose lookups of records end when the test says so.
private final class Records: AddressResolver {
    private struct Handle: LookupHandle {
        func cancel() -> Bool { true }
    }

    private let receivers = NIOLockedValueBox<[@Sendable (RecordEvent) -> Void]>([])

    func lookUp(
        _ question: LookupQuestion,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (LookupEvent) -> Void
    ) -> any LookupHandle { Handle() }

    func lookUpRecords(
        _ question: Question,
        for fairnessKey: FairnessKey,
        _ receive: @escaping @Sendable (RecordEvent) -> Void
    ) -> any LookupHandle {
        receivers.withLockedValue { $0.append(receive) }
        receive(.started)
        return Handle()
    }

    func end() {
        for receive in receivers.withLockedValue({ $0 }) {
            receive(.ended(.failure(ResolutionError(.nameNotFound, "none"))))
        }
    }
}
