// SPDX-License-Identifier: Apache-2.0

import BSON

/// What the canned server keeps, and what it says to each command. No I/O.
struct CannedShelf: Sendable {
    /// Of each collection so many documents are kept; later ones are counted alone.
    private static let mostKept = 20_000
    private static let mostCollections = 100
    /// A first batch's size where the client names none, as a real server has it.
    private static let usualBatch = 101

    private(set) var counts: [String: Int] = [:]
    private var documents: [String: [BSONDocument]] = [:]
    private var connections: Int32 = 0

    mutating func answer(to message: WireMessage) -> BSONDocument {
        guard let (name, value) = message.body.first(where: { _ in true }) else {
            return Self.refusal(59, "CommandNotFound", "an empty command")
        }
        let collection = "\(message.body["$db"]?.string ?? "").\(value.string ?? "")"
        switch name {
        case "hello", "isMaster", "ismaster": return hello()
        case "ping", "endSessions", "killCursors": return ["ok": 1.0]
        case "buildInfo", "buildinfo": return ["version": "7.0.0", "maxBsonObjectSize": 16_777_216, "ok": 1.0]
        case "insert": return insert(message, into: collection)
        case "find": return find(message.body, in: collection)
        case "drop":
            counts[collection] = nil
            documents[collection] = nil
            return ["ok": 1.0]
        default: return Self.refusal(59, "CommandNotFound", "no such command: '\(name)'")
        }
    }

    private mutating func hello() -> BSONDocument {
        connections &+= 1
        return [
            "helloOk": true, "ismaster": true, "isWritablePrimary": true, "maxBsonObjectSize": .int32(16_777_216),
            "maxMessageSizeBytes": .int32(Int32(WireMessage.longest)), "maxWriteBatchSize": .int32(100_000),
            "connectionId": .int32(connections), "minWireVersion": .int32(0), "maxWireVersion": .int32(21),
            "readOnly": false, "ok": 1.0,
        ]
    }

    private mutating func insert(_ message: WireMessage, into collection: String) -> BSONDocument {
        let inBody = message.body["documents"]?.array?.compactMap(\.document) ?? []
        let new = inBody + (message.sequences["documents"] ?? [])
        guard counts[collection] != nil || counts.count < Self.mostCollections else {
            return Self.refusal(14031, "OutOfDiskSpace", "more than \(Self.mostCollections) collections")
        }
        counts[collection, default: 0] += new.count
        let room = Self.mostKept - documents[collection, default: []].count
        documents[collection, default: []] += new.prefix(max(room, 0))
        return ["n": .int32(Int32(clamping: new.count)), "ok": 1.0]
    }

    private func find(_ command: BSONDocument, in collection: String) -> BSONDocument {
        if let filter = command["filter"]?.document, !filter.isEmpty {
            return Self.refusal(2, "BadValue", "the canned server has no filters: find everything")
        }
        let limit = command["limit"]?.integer.flatMap { $0 > 0 ? $0 : nil } ?? Self.usualBatch
        let found = (documents[collection] ?? []).prefix(min(limit, Self.mostKept))
        let batch = BSONArray(found.map(BSONValue.document))
        return ["cursor": ["firstBatch": .array(batch), "id": .int64(0), "ns": .string(collection)], "ok": 1.0]
    }

    private static func refusal(_ code: Int32, _ name: String, _ words: String) -> BSONDocument {
        ["ok": 0.0, "errmsg": .string(words), "code": .int32(code), "codeName": .string(name)]
    }
}
