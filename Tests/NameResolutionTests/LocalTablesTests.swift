// SPDX-License-Identifier: Apache-2.0

import GetAddrInfo
import NIOConcurrencyHelpers
import NameResolution
import TestHelpers
import Testing

@Suite struct `Local tables` {
    /// Threads that run when the test says so.
    private final class Threads: Sendable {
        let waiting = NIOLockedValueBox([@Sendable () -> Void]())
        let refusal = NIOLockedValueBox(CInt?.none)

        @Sendable func start(_ stackSize: Int, _ body: @escaping @Sendable () -> Void) -> CInt? {
            if let refusal = refusal.withLockedValue({ $0 }) { return refusal }
            waiting.withLockedValue { $0.append(body) }
            return nil
        }

        /// Runs those that wait; returns how many there were.
        func run() -> Int {
            let bodies = waiting.withLockedValue { waiting in
                defer { waiting = [] }
                return waiting
            }
            for body in bodies { body() }
            return bodies.count
        }
    }

    private let folder: TemporaryFolder
    private let threads = Threads()
    private let tables: LocalTables

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("services: db files\n", to: "nsswitch.conf")
        tables = LocalTables(
            folder.path("services"),
            folder.path("nsswitch.conf"),
            folder.path("services.db"),
            // Long after any write, so that a file counts as settled at once.
            now: { .seconds(1 << 40) },
            startThread: threads.start
        )
    }

    private func port(_ service: String) -> UInt16? {
        tables.facts.services()?.port(of: service.utf8, over: "tcp")
    }

    @Test func `services are read by a thread, never by who asks`() throws {
        try folder.write("db 27017/tcp\n", to: "services")
        #expect(tables.facts.services() == nil)
        #expect(tables.facts.services() == nil)
        #expect(threads.run() == 1)
        #expect(port("db") == 27017)
        #expect(threads.run() == 0)
    }

    @Test func `a change of the services is left to the call until it has been read`() throws {
        try folder.write("db 1/tcp\n", to: "services")
        tables.refresh()
        #expect(port("db") == 1)
        try folder.write("db 27017/tcp cache\n", to: "services")
        #expect(tables.facts.services() == nil)
        #expect(threads.run() == 1)
        #expect(port("db") == 27017)
        #expect(port("cache") == 27017)
    }

    @Test(arguments: [
        ("services: files\n", false, true), ("services: db files\n", false, true),
        ("services: db files\n", true, false),
        ("services: files ldap\n", false, false), ("services: files [SUCCESS=continue] db\n", false, false),
        ("services: db\n", false, false), ("hosts: files\n", false, false), ("", false, false),
    ])
    func `services count where the C library asks the file alone`(rules: String, hasDatabase: Bool, isKnown: Bool)
        throws
    {
        try folder.write("db 27017/tcp\n", to: "services")
        try folder.write(rules, to: "nsswitch.conf")
        if hasDatabase { try folder.write("", to: "services.db") }
        tables.refresh()
        #expect((port("db") == 27017) == isKnown)
        #expect((tables.facts.services() != nil) == isKnown)
    }

    @Test func `without a thread the next look tries again`() throws {
        try folder.write("db 27017/tcp\n", to: "services")
        threads.refusal.withLockedValue { $0 = 11 }
        #expect(tables.facts.services() == nil)
        threads.refusal.withLockedValue { $0 = nil }
        #expect(tables.facts.services() == nil)
        #expect(threads.run() == 1)
        #expect(port("db") == 27017)
    }

    #if os(Linux)
        @Test func `interfaces are read by a thread, and then known`() throws {
            #expect(tables.facts.interfaces() == nil)
            #expect(tables.facts.interfaces() == nil)
            #expect(threads.run() == 1)
            #expect(tables.facts.interfaces()?.index(of: "lo".utf8) == 1)
            #expect(threads.run() == 0)
        }

        @Test func `a refresh waits for both`() throws {
            try folder.write("db 27017/tcp\n", to: "services")
            tables.refresh()
            #expect(port("db") == 27017)
            #expect(tables.facts.interfaces() != nil)
            #expect(threads.run() == 0)
        }
    #endif
}
