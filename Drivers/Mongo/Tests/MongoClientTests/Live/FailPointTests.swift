// SPDX-License-Identifier: Apache-2.0

import BSON
import ConnectionStrings
import NIOConcurrencyHelpers
import Testing

@testable import MongoClient

/// Retryable reads and writes on a server that stores documents, and fails as it is told: what was done is looked up
/// in the collection, and not only in what the client has sent.
@Suite(.serialized, .timeLimit(.minutes(5))) struct `Fail points of a live server` {
    /// What the server does to a command.
    enum Fault: String, CaseIterable, Sendable {
        /// It hangs up, and has done nothing.
        case hangsUp
        /// It says that it is going down, and has done nothing.
        case refuses
        /// It has done all of it, and says that it was interrupted: a second sending must do nothing.
        case isInterrupted

        var data: BSONDocument {
            switch self {
            case .hangsUp: ["closeConnection": true]
            case .refuses: ["errorCode": 91]
            case .isInterrupted:
                [
                    "writeConcernError": ["code": 11_600, "errmsg": "interrupted"],
                    "errorLabels": ["RetryableWriteError"],
                ]
            }
        }
    }

    /// A client, what it has sent, and a second one that tells the server how to fail.
    private struct Setting {
        let client: MongoClient
        let links: MongoCollection
        private let teller: MongoClient
        private let sent: NIOLockedValueBox<[BSONDocument]>

        init(_ server: LiveServer, _ options: String = "") throws {
            let sent = NIOLockedValueBox<[BSONDocument]>([])
            var configuration = MongoClientConfiguration()
            configuration.commandObserver = { event in
                if case .started(let command) = event.kind { sent.withLockedValue { $0.append(command) } }
            }
            // No timeoutMS: a second sending has another maxTimeMS then, and this server takes it for another write,
            // which a mongod does not: it goes by the number alone.
            let string = "mongodb://\(server.address)/?heartbeatFrequencyMS=500\(options)"
            client = try MongoClient(ConnectionString(string), configuration: configuration)
            teller = try MongoClient("mongodb://\(server.address)/?timeoutMS=30000")
            links = client.database("feeds").collection("links")
            self.sent = sent
        }

        func fail(_ command: String, times: Int32, _ data: BSONDocument) async throws {
            try await teller.database("admin").runCommand([
                "configureFailPoint": "failCommand", "mode": ["times": .int32(times)],
                "data": .document(
                    BSONDocument(pairs: [("failCommands", [.string(command)])] + data.map { ($0.key, $0.value) })
                ),
            ])
        }

        /// Fresh documents, and nothing that fails.
        func reset() async throws {
            try await teller.database("admin").runCommand(["configureFailPoint": "failCommand", "mode": "off"])
            let other = teller.database("feeds").collection("links")
            try await other.drop()
            try await other.insertMany((0..<5).map { ["_id": .int32($0), "visits": 0] })
            sent.withLockedValue { $0 = [] }
        }

        /// The documents as the other client finds them.
        func stored() async throws -> [BSONDocument] {
            var options = FindOptions()
            options.sort = ["_id": 1]
            return try await teller.database("feeds").collection("links").find([:], options).all()
        }

        func sendings(of command: String) -> [BSONDocument] {
            sent.withLockedValue { $0.filter { $0.keys.first == command } }
        }

        func close() async {
            await client.close()
            await teller.close()
        }
    }

    private static func with(_ options: String = "", _ body: (Setting) async throws -> Void) async throws {
        let server = try await LiveServer.start()
        defer { server.stop() }
        let setting = try Setting(server, options)
        do {
            try await body(setting)
            await setting.close()
        } catch {
            await setting.close()
            throw error
        }
    }

    /// A write, and what it does to five documents with their `_id`s 0 … 4 when it is done once.
    private struct Write: Sendable {
        let command: String
        let once: [BSONDocument]
        let run: @Sendable (MongoCollection) async throws -> Void

        private static func documents(_ visits: [Int32]) -> [BSONDocument] {
            visits.enumerated().map { ["_id": .int32(Int32($0.offset)), "visits": .int32($0.element)] }
        }

        static let all = [
            Write(command: "insert", once: documents([0, 0, 0, 0, 0, 7])) { links in
                try await links.insertOne(["_id": 5, "visits": 7])
            },
            Write(command: "update", once: documents([0, 0, 1, 0, 0])) { links in
                let result = try await links.updateOne(["_id": 2], ["$inc": ["visits": 1]])
                #expect(result.matchedCount == 1)
            },
            // Whichever goes, four are left.
            Write(command: "delete", once: Array(documents([0, 0, 0, 0, 0]).dropFirst())) { links in
                let result = try await links.deleteOne(["visits": 0])
                #expect(result.deletedCount == 1)
            },
            Write(command: "findAndModify", once: documents([0, 0, 0, 1, 0])) { links in
                let found = try await links.findOneAndUpdate(["_id": 3], ["$inc": ["visits": 1]])
                #expect(found == ["_id": 3, "visits": 0])
            },
        ]
    }

    @Test(arguments: Fault.allCases)
    func `a write that fails once is sent once more under its number, and is done once`(_ fault: Fault) async throws {
        try await Self.with { setting in
            for write in Write.all {
                try await setting.reset()
                try await setting.fail(write.command, times: 1, fault.data)
                try await write.run(setting.links)
                let sendings = setting.sendings(of: write.command)
                #expect(sendings.count == 2, "\(write.command)")
                #expect(Set(sendings.map { $0["txnNumber"]?.integer }).count == 1, "\(write.command)")
                #expect(sendings.first?["txnNumber"] != nil, "\(write.command)")
                #expect(sendings.first?["lsid"] == sendings.last?["lsid"], "\(write.command)")
                #expect(try await setting.stored() == write.once, "\(write.command)")
            }
        }
    }

    /// An interrupted one is not among them: the second sending succeeds, for the server knows what it has done.
    @Test(arguments: [Fault.hangsUp, .refuses])
    func `a write that fails twice is sent twice, and its error has the label`(_ fault: Fault) async throws {
        try await Self.with { setting in
            for write in Write.all {
                try await setting.reset()
                try await setting.fail(write.command, times: 2, fault.data)
                let error = await mongoError { try await write.run(setting.links) }
                #expect(setting.sendings(of: write.command).count == 2, "\(write.command)")
                #expect(error?.hasLabel("RetryableWriteError") == true, "\(write.command): \(error?.message ?? "")")
                if fault == .hangsUp {
                    #expect(error?.code == .connectionFailed)
                } else {
                    #expect(error?.failure?.code == 91)
                }
                try await setting.reset()
            }
        }
    }

    @Test func `what no second sending can mend is sent once`() async throws {
        try await Self.with { setting in
            for write in Write.all {
                try await setting.reset()
                try await setting.fail(write.command, times: 1, ["errorCode": 2])
                let error = await mongoError { try await write.run(setting.links) }
                #expect(error?.failure?.code == 2)
                #expect(error?.hasLabel("RetryableWriteError") == false)
                #expect(setting.sendings(of: write.command).count == 1)
            }
            // One write to many documents may be half done.
            try await setting.reset()
            try await setting.fail("update", times: 1, Fault.hangsUp.data)
            let error = await mongoError { try await setting.links.updateMany([:], ["$inc": ["visits": 1]]) }
            #expect(error?.code == .connectionFailed)
            #expect(setting.sendings(of: "update").map { $0["txnNumber"] } == [nil])
            #expect(try await setting.stored().allSatisfy { $0["visits"] == 0 })
        }
    }

    @Test func `with retryWrites=false and retryReads=false everything is sent once`() async throws {
        try await Self.with("&retryWrites=false&retryReads=false") { setting in
            for fault in [Fault.hangsUp, .refuses] {
                for write in Write.all {
                    try await setting.reset()
                    try await setting.fail(write.command, times: 1, fault.data)
                    #expect(await mongoError { try await write.run(setting.links) } != nil)
                    #expect(setting.sendings(of: write.command).map { $0["txnNumber"] } == [nil])
                }
                try await setting.reset()
                try await setting.fail("find", times: 1, fault.data)
                #expect(await mongoError { _ = try await setting.links.findOne() } != nil)
                #expect(setting.sendings(of: "find").count == 1)
            }
        }
    }

    @Test(arguments: [Fault.hangsUp, .refuses])
    func `a read that fails once is sent once more, and one that fails twice is not sent again`(_ fault: Fault)
        async throws
    {
        let reads: [(String, @Sendable (MongoCollection) async throws -> Int)] = [
            ("find", { try await $0.find().all().count }),
            ("aggregate", { try await $0.countDocuments() }),
            ("count", { try await $0.estimatedDocumentCount() }),
            ("distinct", { try await $0.distinct("_id").count }),
        ]
        try await Self.with { setting in
            for (command, read) in reads {
                try await setting.reset()
                try await setting.fail(command, times: 1, fault.data)
                #expect(try await read(setting.links) == 5, "\(command)")
                #expect(setting.sendings(of: command).count == 2, "\(command)")
                try await setting.reset()
                try await setting.fail(command, times: 2, fault.data)
                let error = await mongoError { _ = try await read(setting.links) }
                #expect(error?.code == (fault == .hangsUp ? .connectionFailed : .commandFailed), "\(command)")
                #expect(error?.hasLabel("RetryableWriteError") == false, "\(command)")
                #expect(setting.sendings(of: command).count == 2, "\(command)")
            }
            // A batch that is lost cannot be had again: the cursor has moved on.
            try await setting.reset()
            try await setting.fail("getMore", times: 1, fault.data)
            var options = FindOptions()
            options.batchSize = 2
            let error = await mongoError { _ = try await setting.links.find([:], options).all() }
            #expect(error != nil)
            #expect(setting.sendings(of: "getMore").count == 1)
        }
    }
}
