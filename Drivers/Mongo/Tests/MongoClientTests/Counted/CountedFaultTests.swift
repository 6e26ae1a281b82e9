// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOConcurrencyHelpers
import Testing

@testable import MongoClient

extension `In a process of its own` {
    /// Faults by the hundred, each kind in a process of its own; then the client is well, and the process holds what it
    /// held.
    @Suite(.serialized) struct `Faults by the hundred leave nothing behind` {
        /// What the server makes of the command `fault`.
        enum Fault: String, CaseIterable, Sendable {
            case endsInMidReply
            case lengthTooLong
            case lengthTooShort
            case unknownOpcode
            case answerToNobody
            case nestedTooDeep
            case silence

            /// How many times the server does it, at least.
            var count: Int { self == .endsInMidReply ? 1_000 : 250 }

            func reaction(to request: WireServer.Request) -> WireServer.Reaction {
                switch self {
                case .endsInMidReply: return .cut(["ok": 1.0, "text": "which does not come as a whole"], after: 30)
                case .lengthTooLong: return .raw([255, 255, 255, 127] + [UInt8](repeating: 0, count: 12))
                case .lengthTooShort: return .raw([3, 0, 0, 0] + [UInt8](repeating: 0, count: 12))
                case .unknownOpcode: return .raw(WireServer.message(["ok": 1.0], to: request.id, opcode: 99))
                case .answerToNobody: return .raw(WireServer.message(["ok": 1.0], to: request.id &+ 7))
                case .nestedTooDeep: return .raw(WireServer.message(Self.deep, to: request.id))
                case .silence: return .silence
                }
            }

            /// 1,000 documents, each within the other: sizes and closing bytes are right, so that the depth alone is
            /// wrong.
            private static let deep: BSONDocument = {
                var bytes: [UInt8] = [5, 0, 0, 0, 0]
                for _ in 0..<1_000 {
                    let size = Int32(bytes.count + 8)
                    bytes = withUnsafeBytes(of: size.littleEndian, Array.init) + [3, 97, 0] + bytes + [0]
                }
                return (try? BSONDocument(validating: bytes, limits: BSONLimits(depth: 2_000))) ?? [:]
            }()

            func fits(_ error: MongoError) -> Bool {
                switch self {
                case .endsInMidReply: return error.wireError?.code == .closedInReply
                case .lengthTooLong, .lengthTooShort: return error.wireError?.code == .invalidLength
                case .unknownOpcode: return error.wireError?.code == .unknownOpcode
                case .answerToNobody: return error.wireError?.code == .unexpectedReply
                case .nestedTooDeep: return error.code == .invalidReply && error.wireError?.code == .invalidDocument
                case .silence: return error.code == .timeout
                }
            }
        }

        /// Holds what the server does until a whole wave of commands is there: the first fault clears the pool, and
        /// commands that wait for one of its connections would never get one.
        private final class Gate: Sendable {
            private let held = NIOLockedValueBox<[@Sendable () -> Void]>([])

            func add(_ react: @escaping @Sendable () -> Void) {
                let all = held.withLockedValue { held -> [@Sendable () -> Void] in
                    held.append(react)
                    guard held.count == `Faults by the hundred leave nothing behind`.wave else { return [] }
                    defer { held = [] }
                    return held
                }
                for react in all { react() }
            }
        }

        /// As many commands fail at once. Many, for the pool holds its dials back after connections that broke at their
        /// first use, and the longer the more often it happens.
        fileprivate static let wave = 250

        /// Until it has been met so often, at least.
        private static func meet(_ fault: Fault, _ count: Int, _ client: MongoClient) async throws {
            for _ in 0..<(count + wave - 1) / wave {
                await withTaskGroup(of: MongoError?.self) { group in
                    for _ in 0..<wave {
                        group.addTask {
                            while true {
                                let error = await mongoError {
                                    try await client.database("d").runCommand(
                                        ["fault": 1],
                                        timeout: fault == .silence ? .milliseconds(300) : .seconds(60)
                                    )
                                }
                                // The last wave's faults may still be told to the pool; silence may be met before there
                                // is a connection.
                                if let error, error.wireError == nil, error.code == .noConnection || fault == .silence {
                                    continue
                                }
                                return error
                            }
                        }
                    }
                    for await error in group {
                        #expect(error.map(fault.fits) == true, "\(fault): \(error.map { "\($0)" } ?? "no error")")
                    }
                }
            }
        }

        @Test(arguments: Fault.allCases) func `whatever comes in place of an answer`(_ fault: Fault) async {
            await #expect(processExitsWith: .success) { [name = fault.rawValue as String] in
                let fault = try #require(Fault(rawValue: name))
                let gate = Gate()
                let server = try await WireServer.primary { request, _ in
                    guard request.name == "fault" else { return .reply(["ok": 1.0]) }
                    if fault == .silence { return .silence }
                    return .deferred { react in gate.add { react(fault.reaction(to: request)) } }
                }
                // What is made once and kept belongs to the measure: loops, threads, caches, the allocator's arenas.
                let first = try MongoClient("mongodb://\(server.address)/?maxPoolSize=250&maxConnecting=250")
                try await Self.meet(fault, Self.wave, first)
                await first.close()
                // The server's ends are this process's too.
                await eventually { server.openConnections == 0 }
                let before = try Held.now()

                let client = try MongoClient("mongodb://\(server.address)/?maxPoolSize=250&maxConnecting=250")
                try await Self.meet(fault, fault.count, client)
                // By itself the pool is well again.
                try await client.database("d").runCommand(["ping": 1], timeout: .seconds(20))
                #expect(client.poolCounts.first?.counts.inUse == 0)
                await client.close()
                await eventually { server.openConnections == 0 }
                let after = try await Held.settled(at: before)
                #expect(after.isNoMore(than: before), "\(fault): \(before); then \(after)")
                await server.stop()
            }
        }

        @Test func `a network that is cut for seconds, again and again`() async {
            await #expect(processExitsWith: .success) {
                let isCut = NIOLockedValueBox(false)
                let server = try await WireServer.start { request, server in
                    // A cut network says nothing, and closes nothing.
                    if isCut.withLockedValue({ $0 }) { return .silence }
                    return request.isHello ? .reply(server.primaryHello()) : .reply(["ok": 1.0, "n": 1])
                }
                let string = "mongodb://\(server.address)/?heartbeatFrequencyMS=500&connectTimeoutMS=700&maxPoolSize=16"
                @Sendable func storm(_ client: MongoClient) async throws {
                    let links = client.database("d").collection("c")
                    try await links.insertOne(["a": 1])
                    isCut.withLockedValue { $0 = true }
                    let hellos = server.requests.count { $0.isHello }
                    let codes = await withTaskGroup(of: MongoError.Code?.self) { group in
                        for _ in 0..<32 {
                            group.addTask {
                                await mongoError {
                                    try await client.database("d").runCommand(["a": 1], timeout: .seconds(1))
                                }?
                                .code
                            }
                        }
                        return await group.reduce(into: Set<MongoError.Code?>()) { $0.insert($1) }
                    }
                    // Each knows within its own time, and none is told that all went well. The pool is cleared when the
                    // monitor's own look has gone unanswered, which ends the commands under way.
                    #expect(codes.isSubset(of: [.timeout, .connectionFailed, .noConnection]))
                    // As long as 10 s are to a heartbeat of the usual length: several looks go unanswered.
                    await eventually { server.requests.count { $0.isHello } >= hellos + 3 }
                    isCut.withLockedValue { $0 = false }
                    // By itself all is well again.
                    try await links.insertOne(["a": 2])
                    await client.close()
                    server.dropConnections()
                    await eventually { server.openConnections == 0 }
                }
                try await storm(MongoClient(string))
                let before = try Held.now()
                for _ in 0..<3 { try await storm(MongoClient(string)) }
                let after = try await Held.settled(at: before)
                #expect(after.isNoMore(than: before), "\(before); then \(after)")
                await server.stop()
            }
        }
    }
}
