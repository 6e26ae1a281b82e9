// SPDX-License-Identifier: Apache-2.0

import BSON
import Testing

@testable import MongoClient

/// Numbers in answers that no honest server sends: they must not end the process.
@Suite struct `Absurd numbers` {
    private static let address = ServerAddress(host: "h")

    @Test(arguments: [Int64.max, .min, -1, 2]) func `places of writes that were not sent name none`(_ index: Int64) {
        var batch = WriteBatch(.insert)
        for _ in 0..<4 { batch.insert(["a": 1]) }
        var result = BulkWriteResult()
        let reply: BSONDocument = ["ok": 1.0, "n": 1, "writeErrors": [["index": .int64(index), "code": 11000]]]
        let failures = result.add(reply, batch, 2..<4, listsIDs: true)
        #expect(failures.map(\.index) == [-1])
    }

    @Test func `counts stay between nothing and what was sent`() throws {
        var inserts = WriteBatch(.insert)
        for _ in 0..<4 { inserts.insert(["a": 1]) }
        var deletes = WriteBatch(.delete)
        try deletes.delete([:], many: true, DeleteOptions())
        var updates = WriteBatch(.update)
        try updates.update([:], ["$set": ["a": 1]], many: true, UpdateOptions())
        var result = BulkWriteResult()
        let most: BSONDocument = ["ok": 1.0, "n": .int64(.max), "nModified": .int64(.max)]
        for part in [0..<2, 2..<4] { _ = result.add(most, inserts, part, listsIDs: false) }
        for _ in 0..<2 {
            _ = result.add(most, deletes, 0..<1, listsIDs: false)
            _ = result.add(most, updates, 0..<1, listsIDs: false)
        }
        #expect(result.insertedCount == 4)
        #expect(result.deletedCount == .max)
        #expect(result.matchedCount == .max)
        #expect(result.modifiedCount == .max)
        let least: BSONDocument = [
            "ok": 1.0, "n": .int64(.min), "nModified": .int64(.min), "upserted": [["index": 0, "_id": 7]],
        ]
        var none = BulkWriteResult()
        _ = none.add(least, updates, 0..<1, listsIDs: false)
        _ = none.add(least, deletes, 0..<1, listsIDs: false)
        _ = none.add(least, inserts, 0..<2, listsIDs: false)
        #expect([none.matchedCount, none.modifiedCount, none.deletedCount, none.insertedCount] == [0, 0, 0, 0])
        #expect(none.upsertedIDs == [0: 7])
    }

    @Test(arguments: [true, false])
    func `dates at the ends of time make a member too old, or fresh`(_ hasPrimary: Bool) {
        func member(_ host: String, _ kind: ServerDescription.Kind, _ written: Int64) -> ServerDescription {
            var server = ServerDescription(
                ServerAddress(host: host),
                hello: [
                    "ok": 1.0, "setName": "rs", "lastWrite": ["lastWriteDate": .date(BSONDate(milliseconds: written))],
                ]
            )
            server.kind = kind
            return server
        }
        let servers = [
            member("a", hasPrimary ? .primary : .secondary, .max), member("b", .secondary, .min),
            member("c", .secondary, .max),
        ]
        let machine = TopologyMachine(hasPrimary ? .withPrimary : .withoutPrimary, servers)
        let rule = ReadRule(.secondary, maximumStaleness: .seconds(90))
        let selection = ServerSelection(purpose: .read(rule), threshold: .zero)
        let hosts = Set(selection.suitable(in: machine).map(\.address.host))
        #expect(hosts == (hasPrimary ? ["c"] : ["a", "c"]))
    }
}
