// SPDX-License-Identifier: Apache-2.0

import BSON
import ConnectionStrings
import FairDial
import FairDialTestKit
import FairPool
import NIOConcurrencyHelpers
import Testing

@testable import MongoClient

/// What a person on call reads.
@Suite(.timeLimit(.minutes(2))) struct `The words of errors` {
    private static func mentions(of part: String, in error: MongoError?) -> Int {
        error.map { "\($0)".components(of: part) } ?? 0
    }

    @Test func `a server that refuses is named once, and no word of the specification is`() async throws {
        let server = try await WireServer.primary { _, _ in .silence }
        let address = server.address
        await server.stop()
        let client = try MongoClient("mongodb://\(address)/?serverSelectionTimeoutMS=5000")
        let error = await mongoError { try await client.database("d").runCommand(["ping": 1]) }
        #expect(error?.code == .noServer)
        let words = error.map { "\($0)" } ?? ""
        // Once as the server's name, once as the address that was tried.
        #expect(Self.mentions(of: address, in: error) <= 2, "\(words)")
        #expect(words.contains("connection refused"), "\(words)")
        #expect(!words.contains("Unknown"), "\(words)")
        #expect(words.hasPrefix("noServer: no server for a write after ") || words.contains("for a read"), "\(words)")
        await client.close()
    }

    @Test func `a set without a primary is said in words`() async throws {
        let server = try await WireServer.start { request, server in
            let part: [(String, BSONValue)] = [("ismaster", false), ("isWritablePrimary", false), ("secondary", true)]
            return .reply(request.isHello ? server.primaryHello(part) : ["ok": 1.0])
        }
        try await server.withClient("&serverSelectionTimeoutMS=5000") { client in
            let error = await mongoError { try await client.connect() }
            let words = error?.message ?? ""
            #expect(words.contains(": a replica set without a primary: \(server.address) is a secondary"), "\(words)")
        }
    }

    @Test func `where the pool's dial is still under way when the time is up, the error has it`() async throws {
        // The monitor's connection is greeted, and no other one.
        let server = try await WireServer.start { request, server in
            guard request.connection > 0 else {
                return .reply(request.isHello ? server.primaryHello() : ["ok": 1.0])
            }
            return .silence
        }
        try await server.withClient { client in
            try await client.connect()
            let error = await mongoError {
                try await client.database("d").runCommand(["ping": 1], timeout: .milliseconds(700))
            }
            #expect(error?.code == .timeout)
            #expect(error?.poolError?.dialError == nil)
            #expect(error?.dialError?.code == .deadlineExceeded)
            #expect((error?.dialError?.report.handshake ?? .zero) > .zero)
            #expect(error?.message.contains("it is connected, and its handshake has taken") == true)
            #expect(Self.mentions(of: server.address, in: error) == 1, "\(error.map { "\($0)" } ?? "")")
        }
    }

    @Test func `a dial that has ended is under way no more`() async throws {
        let server = try await WireServer.primary { _, _ in .reply(["ok": 1.0]) }
        let underWay = DialsUnderWay()
        let address = ServerAddress(host: "127.0.0.1", port: UInt16(server.port))
        var options = DialOptions()
        let first = underWay.begin(to: address, isOfMonitor: false, &options)
        let second = underWay.begin(to: address, isOfMonitor: true, &options)
        #expect(underWay.error(to: address, isOfMonitor: false)?.message.contains("lookup of its name") == true)
        options.onStart?()
        // Both have been told: the second one's options go on with the first one's.
        for isOfMonitor in [true, false] {
            let message = underWay.error(to: address, isOfMonitor: isOfMonitor)?.message
            #expect(message?.contains("its dial has taken") == true)
        }
        underWay.ended(first)
        #expect(underWay.error(to: address, isOfMonitor: false) == nil)
        #expect(underWay.error(to: address, isOfMonitor: true) != nil)
        underWay.ended(second)
        #expect(underWay.error(to: address, isOfMonitor: true) == nil)
        await server.stop()
    }

    @Test func `a dial of the pool's that has ended is under way no more, well or not`() async throws {
        let greets = NIOLockedValueBox(true)
        let server = try await WireServer.start { request, server in
            let isWell = request.connection == 0 || greets.withLockedValue { $0 }
            return isWell ? .reply(request.isHello ? server.primaryHello() : ["ok": 1.0]) : .close
        }
        try await server.withClient { client in
            try await client.database("d").runCommand(["ping": 1])
            let deployment = try await client.running(until: nil)
            let address = try #require(deployment.pools.first?.address)
            // The dial's caller may go on a moment before its end is noted.
            await eventually { deployment.dialUnderWay(to: address) == nil }
            greets.withLockedValue { $0 = false }
            server.dropConnections()
            _ = await mongoError { try await client.database("d").runCommand(["ping": 1], timeout: .seconds(1)) }
            await eventually { deployment.dialUnderWay(to: address) == nil }
        }
    }

    @Test(arguments: ["errmsg", "codeName"])
    func `what a server says moves no cursor and forges no line`(_ field: String) async throws {
        let words = "no\u{1B}[2J\r\n2026-01-01 all is well\u{202E}\u{9B}1m"
        let server = try await WireServer.primary { _, _ in
            .reply(BSONDocument(pairs: [("ok", 0.0), ("code", 8_000), (field, .string(words))]))
        }
        try await server.withClient { client in
            let error = await mongoError { try await client.database("d").runCommand(["ping": 1]) }
            #expect(error?.code == .commandFailed)
            let shown = error.map { "\($0)" } ?? ""
            #expect(shown.contains("no\\u{1B}[2J\\u{D}\\u{A}2026-01-01 all is well\\u{202E}\\u{9B}1m"), "\(shown)")
            #expect(Self.isPlain(shown))
            #expect(Self.isPlain(error?.message ?? ""))
            // A program gets it as it was.
            #expect((field == "errmsg" ? error?.failure?.message : error?.failure?.codeName) == words)
        }
    }

    @Test func `nor does what it says before anybody has proved anything`() async throws {
        let names = ["h\u{1B}[2J:27017", "g\n"]
        for kind in 0..<3 {
            let server = try await WireServer.start { request, server in
                let part: [(String, BSONValue)] = [
                    ("ismaster", false), ("isWritablePrimary", false), ("secondary", true),
                    ("hosts", .array(BSONArray(([server.address] + names).map(BSONValue.string)))),
                ]
                switch kind {
                case 0: return .reply(["ok": 0.0, "errmsg": "go\u{1B}c away\n"])
                case 1: return .reply(server.primaryHello([("setName", "r\u{1B}[31ms\n")]))
                default: return .reply(server.primaryHello(part))
                }
            }
            let options = kind == 1 ? "&directConnection=true&replicaSet=rs" : ""
            try await server.withClient("\(options)&serverSelectionTimeoutMS=300") { client in
                let deployment = try await client.running(until: nil)
                await eventually { !server.requests.isEmpty && (kind < 2 || deployment.pools.count == 3) }
                let error = await mongoError { try await client.connect() }
                #expect(error?.code == .noServer)
                let shown = error.map { "\($0)" } ?? ""
                #expect(Self.isPlain(shown), "\(shown)")
                #expect(shown.contains("\\u{1B}"), "\(shown)")
                #expect(client.poolCounts.allSatisfy { Self.isPlain($0.server) })
            }
        }
    }

    @Test func `nor do the keys of a document that is none`() throws {
        var bytes = BSONDocument(pairs: [("a\u{1B}[2J\n", "text")]).bytes
        bytes[bytes.index(bytes.endIndex, offsetBy: -4)] = 0xFF
        let error = #expect(throws: BSONError.self) { try BSONDocument(validating: Array(bytes)) }
        #expect(Self.isPlain(error.map { "\($0)" } ?? "\n"))
        #expect(error?.path == "a\u{1B}[2J\n")
        #expect(Self.isPlain("\(WireError(.invalidDocument, error?.path ?? ""))"))
    }

    /// Whether a terminal shows it and does nothing else.
    private static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) && scalar.value != 0x202E
        }
    }

    @Test func `a pool's size is set in code, and holds whatever the string says`() async throws {
        let string = try ConnectionString(
            "mongodb://127.0.0.1/?maxPoolSize=50&minPoolSize=3&maxConnecting=4&maxIdleTimeMS=9"
        )
        let address = ServerAddress(host: "127.0.0.1")
        let written = try ClientSettings(string, MongoClientConfiguration()).pool(to: address)
        #expect([written.maximumSize, written.minimumSize, written.connectingLimit] == [50, 3, 4])
        #expect(written.idleLimit == .milliseconds(9))
        #expect(written.followsNames)
        var configuration = MongoClientConfiguration()
        configuration.maxPoolSize = 7
        configuration.minPoolSize = 2
        configuration.maxConnecting = 5
        configuration.maxIdleTime = .zero
        configuration.maxLifetime = .seconds(60)
        configuration.followsNames = false
        let set = try ClientSettings(string, configuration).pool(to: address)
        #expect([set.maximumSize, set.minimumSize, set.connectingLimit] == [7, 2, 5])
        #expect(set.idleLimit == nil)
        #expect(set.lifetimeLimit == .seconds(60))
        #expect(!set.followsNames)
        for wrong: (inout MongoClientConfiguration) -> Void in [
            { $0.maxPoolSize = 1 }, { $0.maxPoolSize = -1 }, { $0.minPoolSize = 51 }, { $0.minPoolSize = -1 },
            { $0.maxConnecting = 0 },
        ] {
            var configuration = MongoClientConfiguration()
            wrong(&configuration)
            let error = #expect(throws: MongoError.self) { _ = try ClientSettings(string, configuration) }
            #expect(error?.code == .invalidArgument)
        }
        // 0 is no limit, so that nothing is over it.
        configuration.maxPoolSize = 0
        #expect(try ClientSettings(string, configuration).pool(to: address).maximumSize > 65_536)
    }
}

extension String {
    /// How often a part occurs.
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
