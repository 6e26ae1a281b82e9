// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import TestHelpers
import Testing

@testable import NameResolution

/// A hosts file of more than 64 KiB, and a thread that begins to read when the test says so.
@Suite struct `A large hosts file is read off the caller's way` {
    /// Threads that have been started and do not run yet.
    private final class Threads: Sendable {
        private let bodies = NIOLockedValueBox<[@Sendable () -> Void]>([])

        var count: Int { bodies.withLockedValue { $0.count } }

        func start(_ body: @escaping @Sendable () -> Void) {
            bodies.withLockedValue { $0.append(body) }
        }

        func run() {
            let all = bodies.withLockedValue { bodies in
                defer { bodies = [] }
                return bodies
            }
            for body in all { body() }
        }
    }

    private let folder: TemporaryFolder
    private let threads = Threads()
    private let names: LocalNames
    private let scripted = ScriptedResolver()
    private let resolver: NameResolver

    init() throws {
        let (folder, threads) = (try TemporaryFolder(), threads)
        self.folder = folder
        names = LocalNames(folder.path("hosts"), folder.path("nsswitch.conf")) { _, body in
            threads.start(body)
            return nil
        }
        resolver = NameResolver(scripted, localNames: names)
        try write("192.0.2.1")
    }

    private func write(_ address: String) throws {
        try folder.write(String(repeating: "0.0.0.0 blocked.example\n", count: 4_000) + "\(address) db\n", to: "hosts")
    }

    private func ask(_ name: String, _ receiver: Receiver) -> any LookupHandle {
        resolver.lookUp(LookupQuestion(name: name), for: FairnessKey(label: "test"), receiver.receive)
    }

    private func answered(_ address: String) throws -> [LookupEvent] {
        let answer = LookupResult(
            families: .both,
            addresses: [try IPAddress(address)],
            isInDestinationOrder: true,
            source: .hosts
        )
        return [.answered(answer), .ended(nil)]
    }

    @Test func `names wait for it, and are answered when it has been read`() throws {
        let (local, other) = (Receiver(), Receiver())
        _ = ask("db", local)
        _ = ask("other.example", other)
        #expect(local.events == [] && scripted.lookups.isEmpty)
        #expect(threads.count == 1)
        threads.run()
        #expect(try local.events == answered("192.0.2.1"))
        #expect(scripted.lookups.map(\.question.name) == ["other.example"])
        scripted.lookups[0].end()
        #expect(other.events == [.ended(nil)])
    }

    @Test func `a change that was made before is seen, whatever was read last`() throws {
        for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
            try write(address)
            let receiver = Receiver()
            _ = ask("db", receiver)
            threads.run()
            #expect(try receiver.events == answered(address))
        }
    }

    @Test func `one that has been read and not changed is no wait, rule 2`() throws {
        let settled = LocalNames(folder.path("hosts"), folder.path("nsswitch.conf")) { _, _ in 11 }
        // Without a thread the caller reads at once; a file that has just changed is read at each look.
        let receiver = Receiver()
        let resolver = NameResolver(scripted, localNames: settled)
        _ = resolver.lookUp(LookupQuestion(name: "db"), for: FairnessKey(label: "test"), receiver.receive)
        #expect(try receiver.events == answered("192.0.2.1"))
    }

    @Test func `a lookup that is taken back meanwhile tells nothing and asks nobody`() {
        let (local, other) = (Receiver(), Receiver())
        let lookups = [ask("db", local), ask("other.example", other)]
        for lookup in lookups { #expect(lookup.cancel()) }
        threads.run()
        #expect(local.events == [] && other.events == [])
        #expect(scripted.lookups.isEmpty)
    }

    @Test func `a lookup that has begun by then is taken back like any other`() {
        let lookup = ask("other.example", Receiver())
        threads.run()
        #expect(lookup.cancel())
        #expect(scripted.lookups.map(\.cancellations) == [1])
    }

    @Test func `rule 6: a lookup that has begun by then reads what has come before its time is over`() {
        scripted.catchesUp = true
        let lookup = ask("other.example", Receiver())
        #expect(!lookup.catchUp(late: .zero))
        threads.run()
        #expect(lookup.catchUp(late: .zero))
    }

    @Test func `a small one is read on the spot`() throws {
        try folder.write("192.0.2.9 db\n", to: "hosts")
        let receiver = Receiver()
        _ = ask("db", receiver)
        #expect(try receiver.events == answered("192.0.2.9"))
        #expect(threads.count == 0)
    }
}
