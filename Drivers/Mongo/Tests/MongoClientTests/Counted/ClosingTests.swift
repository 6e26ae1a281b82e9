// SPDX-License-Identifier: Apache-2.0

import BSON
import FairDial
import FairDialTestKit
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import MongoClient

extension `In a process of its own` {
    /// A client that is closed in the middle of everything: when `close` returns, and its callers have been told,
    /// nothing of it is left. Each in a process of its own.
    @Suite(.serialized) struct `Nothing outlives close` {
        /// What the client is doing when it is closed.
        enum Deed: String, CaseIterable, Sendable {
            /// Nothing: it was made, and never asked.
            case nothing
            /// It is connected, and no operation uses the connection.
            case idling
            /// Callers wait for answers that do not come.
            case waitingForAnswers
            /// Callers wait for connections of a pool that has none to give.
            case waitingForConnections
            /// Callers wait for a server that has accepted and does not greet.
            case waitingForServer
            /// Callers wait for a lookup.
            case waitingForName
            /// A cursor has more to give, and is dropped just before.
            case killingCursor
            /// A write is about to be sent again.
            case sendingAgain
        }

        /// The parts of a client, as long as they live.
        private struct Parts {
            weak var client: MongoClient?
            weak var deployment: Deployment?
            weak var server: Server?
            weak var monitor: ServerMonitor?

            init(_ client: MongoClient) {
                self.client = client
            }

            mutating func look() async throws {
                guard let client else { return }
                deployment = try await client.running(until: nil)
                guard let address = deployment?.pools.first?.address else { return }
                server = deployment?.server(at: address)?.server
                monitor = server?.monitor
            }

            var left: [String] {
                let all: [(String, AnyObject?)] = [
                    ("client", client), ("deployment", deployment), ("server", server), ("monitor", monitor),
                ]
                return all.compactMap { $0.1 == nil ? nil : $0.0 }
            }
        }

        private static func server(_ deed: Deed) async throws -> WireServer {
            try await WireServer.start { request, server in
                if deed == .waitingForServer { return .silence }
                if request.isHello { return .reply(server.primaryHello()) }
                switch request.name {
                case "hang": return .silence
                case "insert" where deed == .sendingAgain: return .close
                case "find":
                    return .reply(["ok": 1.0, "cursor": ["id": .int64(9), "ns": "d.c", "firstBatch": [["a": 1]]]])
                // The server is slow to forget.
                case "killCursors": return .silence
                default: return .reply(["ok": 1.0])
                }
            }
        }

        /// Makes a client, lets it do its deed, closes it in the middle of that, and says what is left.
        private static func run(_ deed: Deed, _ server: WireServer) async throws -> Parts {
            var dialing = DialerConfiguration()
            let names = ScriptedResolver()
            if deed == .waitingForName { dialing.resolver = NameResolver(names) }
            let host = deed == .waitingForName ? "hangs.example.test:\(server.port)" : server.address
            let options = deed == .waitingForConnections ? "maxPoolSize=1" : "maxPoolSize=20"
            let client = try MongoClient("mongodb://\(host)/?\(options)", dialer: Dialer(dialing))
            var parts = Parts(client)
            guard deed != .nothing else {
                await client.close()
                return parts
            }
            try await parts.look()
            let database = client.database("d")
            var callers: [Task<MongoError?, Never>] = []
            func call(_ body: @escaping @Sendable () async throws -> Void) {
                callers.append(Task { await mongoError(body) })
            }
            if deed != .waitingForServer, deed != .waitingForName { try await database.runCommand(["ping": 1]) }
            switch deed {
            case .nothing, .idling: break
            case .waitingForAnswers, .waitingForConnections:
                for _ in 0..<16 { call { try await database.runCommand(["hang": 1]) } }
                let most = deed == .waitingForConnections ? 1 : 16
                await eventually { server.commands.count { $0.name == "hang" } == most }
                if most == 1 { await eventually { client.poolCounts.first?.counts.waiting == 15 } }
                // Those who arrived before are no part of the next run.
                server.forgetRequests()
            case .waitingForServer, .waitingForName:
                for _ in 0..<16 { call { try await database.runCommand(["ping": 1]) } }
                if deed == .waitingForServer { await eventually { !server.requests.isEmpty } }
                server.forgetRequests()
            case .killingCursor:
                for try await _ in try await database.collection("c").find() { break }
                await eventually { server.commands.contains { $0.name == "killCursors" } }
                server.forgetRequests()
            case .sendingAgain:
                for number in 0..<16 {
                    call { try await database.collection("c").insertOne(["n": .int32(Int32(number))]) }
                }
                await eventually { server.commands.contains { $0.name == "insert" } }
                server.forgetRequests()
            }
            await client.close(within: .zero)
            for caller in callers {
                let error = await caller.value
                let codes: [MongoError.Code?] = [.closed, .connectionFailed, .noConnection]
                #expect(codes.contains(error?.code), "\(deed): \(error.map { "\($0)" } ?? "no error")")
            }
            let late = await mongoError { try await database.runCommand(["ping": 1]) }
            #expect(late?.code == .closed)
            return parts
        }

        @Test(arguments: Deed.allCases) func `no descriptor, no thread, no memory, no part of it`(_ deed: Deed) async {
            await #expect(processExitsWith: .success) { [name = deed.rawValue as String] in
                let deed = try #require(Deed(rawValue: name))
                let server = try await Self.server(deed)
                for _ in 0..<3 { _ = try await Self.run(deed, server) }
                await eventually { server.openConnections == 0 }
                let before = try Held.now()
                var all: [Parts] = []
                for _ in 0..<20 { all.append(try await Self.run(deed, server)) }
                await eventually { server.openConnections == 0 }
                let after = try await Held.settled(at: before)
                #expect(after.isNoMore(than: before), "\(deed): \(before); then \(after)")
                // Timers that were set for later would keep what they were set for.
                for parts in all { await eventually(within: .seconds(5)) { parts.left.isEmpty } }
                let left = Set(all.flatMap(\.left))
                #expect(left.isEmpty, "\(deed): \(left)")
                await server.stop()
            }
        }
    }
}
