// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

@testable import MongoClient

/// When servers are looked at. The heartbeat is ten minutes here: what is seen within a test was no heartbeat.
@Suite(.timeLimit(.minutes(2))) struct `Servers are looked at out of turn` {
    private static let heartbeat = 600_000

    /// The looks of monitors so far: each server's first connection is its monitor's.
    private static func looks(at server: WireServer) -> Int {
        server.requests.count { $0.isHello && $0.connection == 0 }
    }

    @Test func `after a command's connection has broken, though no operation waits`() async throws {
        let server = try await WireServer.primary { request, _ in request.name == "break" ? .close : .reply(["ok": 1.0])
        }
        try await server.withClient(heartbeat: Self.heartbeat) { client in
            try await client.connect()
            #expect(Self.looks(at: server) == 1)
            // Sent once, so that no second attempt waits for a server.
            let error = await mongoError { try await client.database("d").runCommand(["break": 1]) }
            #expect(error?.code == .connectionFailed)
            await eventually { Self.looks(at: server) >= 2 }
        }
    }

    @Test func `after a server has said that it is no primary any more, though no operation waits`() async throws {
        let server = try await WireServer.primary { request, _ in
            request.name == "write"
                ? .reply(["ok": 0.0, "code": 10_107, "errmsg": "not primary"]) : .reply(["ok": 1.0])
        }
        try await server.withClient(heartbeat: Self.heartbeat) { client in
            try await client.connect()
            let error = await mongoError { try await client.database("d").runCommand(["write": 1]) }
            #expect(error?.failure?.code == 10_107)
            await eventually { Self.looks(at: server) >= 2 }
        }
    }

    @Test func `not after an answer that came too late: a slow server is no dead one`() async throws {
        let server = try await WireServer.primary { request, _ in
            request.name == "slow" ? .silence : .reply(["ok": 1.0])
        }
        let clock = NIOAsyncTestingEventLoop()
        var configuration = MongoClientConfiguration()
        configuration.timers = clock
        try await server.withClient(heartbeat: Self.heartbeat, configuration: configuration) { client in
            try await client.connect()
            let monitor = try await Self.monitor(of: client)
            await eventually { monitor.isAsleep }
            // The first operation may have come in the middle of the first look, and had another one.
            await clock.advanceTime(by: .seconds(1))
            await eventually { monitor.isAsleep }
            let looks = Self.looks(at: server)
            let error = await mongoError {
                try await client.database("d").runCommand(["slow": 1], timeout: .milliseconds(100))
            }
            #expect(error?.code == .timeout)
            try await client.database("d").runCommand(["ping": 1])
            // Had anything wanted a look, it would come now: the least pause is over.
            await clock.advanceTime(by: .seconds(1))
            #expect(monitor.isAsleep)
            #expect(Self.looks(at: server) == looks)
        }
        await clock.shutdownGracefully()
    }

    @Test func `at once, on a new connection, when the one that there was has broken in a look`() async throws {
        let breaks = NIOLockedValueBox(true)
        let server = try await WireServer.start { request, server in
            if request.isHello {
                // The second look of the monitor's first connection, once.
                let isSecond = request.connection == 0 && !request.isQuery
                let isBroken =
                    isSecond
                    && breaks.withLockedValue { isOn in
                        defer { isOn = false }
                        return isOn
                    }
                return isBroken ? .close : .reply(server.primaryHello())
            }
            return request.name == "write"
                ? .reply(["ok": 0.0, "code": 10_107, "errmsg": "not primary"]) : .reply(["ok": 1.0])
        }
        try await server.withClient(heartbeat: Self.heartbeat) { client in
            try await client.connect()
            // This makes the monitor look at the server, and no operation waits for what it sees.
            _ = await mongoError { try await client.database("d").runCommand(["write": 1]) }
            await eventually { breaks.withLockedValue { !$0 } }
            // The monitor's new one: the pool makes none, for no operation wants it.
            await eventually { server.requests.contains { $0.isHello && $0.isQuery && $0.connection >= 2 } }
        }
    }

    @Test func `again and again as long as an operation waits, and at its own pace when none does any more`()
        async throws
    {
        let server = try await WireServer.start { request, server in
            let part: [(String, BSONValue)] = [("ismaster", false), ("isWritablePrimary", false), ("secondary", true)]
            return .reply(request.isHello ? server.primaryHello(part) : ["ok": 1.0])
        }
        let clock = NIOAsyncTestingEventLoop()
        var configuration = MongoClientConfiguration()
        configuration.timers = clock
        try await server.withClient(heartbeat: Self.heartbeat, configuration: configuration) { client in
            let writing = Task { await mongoError { try await client.connect() } }
            await eventually { Self.looks(at: server) == 1 }
            let monitor = try await Self.monitor(of: client)
            for look in 1..<6 {
                await eventually { monitor.isAsleep }
                await clock.advanceTime(by: .milliseconds(499))
                #expect(Self.looks(at: server) == look)
                await clock.advanceTime(by: .milliseconds(1))
                await eventually { Self.looks(at: server) == look + 1 }
            }
            // What came of the last look is known, and the next one wanted.
            await eventually { monitor.isAsleep }
            writing.cancel()
            #expect(await writing.value?.code == .cancelled)
            #expect(monitor.isAsleep)
            await clock.advanceTime(by: .milliseconds(500))
            await eventually { Self.looks(at: server) == 7 }
            await eventually { monitor.isAsleep }
            await clock.advanceTime(by: .milliseconds(Int64(Self.heartbeat) - 1))
            #expect(monitor.isAsleep)
            #expect(Self.looks(at: server) == 7)
            await clock.advanceTime(by: .milliseconds(1))
            await eventually { Self.looks(at: server) == 8 }
        }
        await clock.shutdownGracefully()
    }

    private static func monitor(of client: MongoClient) async throws -> ServerMonitor {
        let deployment = try await client.running(until: nil)
        let address = try #require(deployment.pools.first?.address)
        return try #require(deployment.server(at: address)?.server.monitor)
    }
}
