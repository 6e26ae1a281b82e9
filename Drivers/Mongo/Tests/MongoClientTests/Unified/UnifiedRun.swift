// SPDX-License-Identifier: Apache-2.0

import BSON
import ConnectionStrings
import NIOConcurrencyHelpers

@testable import MongoClient

/// Runs the cases of one file of the unified test format against a live server.
struct UnifiedRun {
    enum Outcome: Equatable {
        case passed
        /// Not for this server, or not for this client.
        case skipped(String)
        case failed(String)
    }

    private struct Fault: Error {
        let words: String
        init(_ words: String) { self.words = words }
    }

    /// What one case has made.
    private final class Entities {
        var clients: [String: MongoClient] = [:]
        var events: [String: NIOLockedValueBox<[CommandEvent]>] = [:]
        var observed: [String: Set<String>] = [:]
        var databases: [String: MongoDatabase] = [:]
        var collections: [String: MongoCollection] = [:]
    }

    /// Of the tests' own, for what lies around a case.
    let setup: MongoClient
    let address: String
    let version: [Int]

    /// Each case of a file, with how it went.
    func run(_ file: BSONDocument) async -> [(name: String, outcome: Outcome)] {
        var outcomes: [(String, Outcome)] = []
        for test in (file["tests"]?.array ?? []).compactMap(\.document) {
            let name = test["description"]?.string ?? ""
            let reason = unfit(file["runOnRequirements"]) ?? unfit(test["runOnRequirements"]) ?? notBuilt(test)
            if let reason {
                outcomes.append((name, .skipped(reason)))
                continue
            }
            do {
                try await run(test, of: file)
                outcomes.append((name, .passed))
            } catch let fault as Fault {
                outcomes.append((name, .failed(fault.words)))
            } catch {
                outcomes.append((name, .failed("\(error)")))
            }
        }
        return outcomes
    }

    // MARK: - What is not run

    private func notBuilt(_ test: BSONDocument) -> String? {
        for operation in (test["operations"]?.array ?? []).compactMap(\.document) {
            let name = operation["name"]?.string ?? ""
            if !UnifiedOperation.built.contains(name) { return "the client has no \(name)" }
        }
        return nil
    }

    /// Why no alternative fits this server; `nil` where one does.
    private func unfit(_ requirements: BSONValue?) -> String? {
        guard let list = requirements?.array?.compactMap(\.document) else { return nil }
        var reasons: [String] = []
        for requirement in list {
            if let least = requirement["minServerVersion"]?.string, isBefore(least) {
                reasons.append("from server \(least) on")
            } else if let most = requirement["maxServerVersion"]?.string, isBehind(most) {
                reasons.append("up to server \(most)")
            } else if let kinds = requirement["topologies"]?.array?.compactMap(\.string), !kinds.contains("replicaset")
            {
                reasons.append("for \(kinds.joined(separator: ", "))")
            } else {
                return nil
            }
        }
        return reasons.joined(separator: "; ")
    }

    private func isBefore(_ least: String) -> Bool { version.lexicographicallyPrecedes(Self.numbers(least)) }
    private func isBehind(_ most: String) -> Bool { Self.numbers(most).lexicographicallyPrecedes(version) }
    private static func numbers(_ text: String) -> [Int] {
        let given = text.split(separator: ".").map { Int($0) ?? 0 }
        return given + Array(repeating: 0, count: max(0, 3 - given.count))
    }

    // MARK: - One case

    private func run(_ test: BSONDocument, of file: BSONDocument) async throws {
        try await prepare(file["initialData"])
        let entities = Entities()
        try make(file["createEntities"], entities)
        var failPoints: [String] = []
        var fault: (any Error)?
        do {
            for operation in (test["operations"]?.array ?? []).compactMap(\.document) {
                try await run(operation, entities, &failPoints)
            }
            try check(test["expectEvents"], entities)
        } catch {
            fault = error
        }
        for name in failPoints {
            _ = try? await setup.database("admin").runCommand(["configureFailPoint": .string(name), "mode": "off"])
        }
        for client in entities.clients.values { await client.close() }
        if let fault { throw fault }
        try await checkOutcome(test["outcome"])
    }

    private func prepare(_ data: BSONValue?) async throws {
        for set in (data?.array ?? []).compactMap(\.document) {
            let database = setup.database(set["databaseName"]?.string ?? "")
            let collection = database.collection(set["collectionName"]?.string ?? "")
            try await collection.drop()
            let documents = set["documents"]?.array?.compactMap(\.document) ?? []
            if documents.isEmpty {
                try await database.createCollection(collection.name, options: set["createOptions"]?.document ?? [:])
            } else {
                if let options = set["createOptions"]?.document {
                    try await database.createCollection(collection.name, options: options)
                }
                try await collection.insertMany(documents)
            }
        }
    }

    private func make(_ list: BSONValue?, _ entities: Entities) throws {
        for entry in (list?.array ?? []).compactMap(\.document) {
            guard let (kind, value) = entry.first(where: { _ in true }), let entity = value.document else { continue }
            let id = entity["id"]?.string ?? ""
            switch kind {
            case "client": try makeClient(id, entity, entities)
            case "database":
                guard let client = entities.clients[entity["client"]?.string ?? ""] else { throw Fault("no client") }
                var database = client.database(entity["databaseName"]?.string ?? "")
                let options = entity["databaseOptions"]?.document
                if let level = options?["readConcern"]?.document?["level"]?.string {
                    database.readConcern = ReadConcern(level)
                }
                if let rule = UnifiedArguments.readRule(options?["readPreference"]?.document) {
                    database.readRule = rule
                }
                if let concern = UnifiedArguments.writeConcern(options?["writeConcern"]?.document) {
                    database.writeConcern = concern
                }
                entities.databases[id] = database
            case "collection":
                guard let database = entities.databases[entity["database"]?.string ?? ""] else {
                    throw Fault("no database")
                }
                var collection = database.collection(entity["collectionName"]?.string ?? "")
                let options = entity["collectionOptions"]?.document
                if let level = options?["readConcern"]?.document?["level"]?.string {
                    collection.readConcern = ReadConcern(level)
                }
                if let rule = UnifiedArguments.readRule(options?["readPreference"]?.document) {
                    collection.readRule = rule
                }
                if let concern = UnifiedArguments.writeConcern(options?["writeConcern"]?.document) {
                    collection.writeConcern = concern
                }
                entities.collections[id] = collection
            default: throw Fault("an entity of kind \(kind)")
            }
        }
    }

    private func makeClient(_ id: String, _ entity: BSONDocument, _ entities: Entities) throws {
        let events = NIOLockedValueBox<[CommandEvent]>([])
        var configuration = MongoClientConfiguration()
        configuration.commandObserver = { event in events.withLockedValue { $0.append(event) } }
        var options = "timeoutMS=0"
        for (key, value) in entity["uriOptions"]?.document ?? [:] {
            options += "&\(key)=\(value.string ?? value.integer.map(String.init) ?? "\(value.bool ?? false)")"
        }
        let string = try ConnectionString("mongodb://\(address)/?\(options)")
        entities.clients[id] = try MongoClient(string, configuration: configuration)
        entities.events[id] = events
        entities.observed[id] = Set(entity["observeEvents"]?.array?.compactMap(\.string) ?? [])
    }

    private func run(_ operation: BSONDocument, _ entities: Entities, _ failPoints: inout [String]) async throws {
        let name = operation["name"]?.string ?? ""
        let object = operation["object"]?.string ?? ""
        let arguments = UnifiedArguments(document: operation["arguments"]?.document ?? [:])
        if name == "failPoint" {
            let point = arguments.document("failPoint")
            failPoints.append(point["configureFailPoint"]?.string ?? "")
            try await setup.database("admin").runCommand(point)
            return
        }
        let result: BSONValue?
        do {
            if let collection = entities.collections[object] {
                result = try await UnifiedOperation.run(name, on: collection, arguments)
            } else if let database = entities.databases[object] {
                result = try await UnifiedOperation.run(name, on: database, arguments)
            } else {
                throw Fault("no entity \(object)")
            }
        } catch let error as MongoError {
            guard let expected = operation["expectError"]?.document else { throw error }
            return try check(error, expected)
        }
        if operation.contains("expectError") { throw Fault("\(name) did not fail") }
        if let expected = operation["expectResult"], let fault = Matching.mismatch(result, expected) {
            throw Fault("\(name): result\(fault)")
        }
    }

    // MARK: - What is expected

    private func check(_ error: MongoError, _ expected: BSONDocument) throws {
        let isOfServer = error.failure != nil || !error.writeFailures.isEmpty || error.writeConcernFailure != nil
        if let isOfClient = expected["isClientError"]?.bool, isOfClient == isOfServer { throw Fault("error: \(error)") }
        if let text = expected["errorContains"]?.string, !error.description.lowercased().contains(text.lowercased()) {
            throw Fault("error: \(error) has no \(text)")
        }
        if let code = expected["errorCode"]?.integer {
            let codes = [error.failure?.code, error.writeFailures.first?.code, error.writeConcernFailure?.code]
            if !codes.contains(code) { throw Fault("error: \(error), not \(code)") }
        }
        if let response = expected["errorResponse"] {
            let single = error.writeFailures.first.map { failure -> BSONValue in
                ["code": .init(count: failure.code), "errmsg": .string(failure.message)]
            }
            let reply = error.failure.map { BSONValue.document($0.reply) } ?? single
            if let fault = Matching.mismatch(reply, response) { throw Fault("error: response\(fault)") }
        }
        if let result = expected["expectResult"] {
            let partial = error.partialResult.map(UnifiedOperation.value)
            if let fault = Matching.mismatch(partial, result) { throw Fault("error: result\(fault)") }
        }
    }

    private func check(_ list: BSONValue?, _ entities: Entities) throws {
        for expected in (list?.array ?? []).compactMap(\.document) {
            let client = expected["client"]?.string ?? ""
            let observed = entities.observed[client] ?? []
            let seen = (entities.events[client]?.withLockedValue { $0 } ?? []).filter { event in
                switch event.kind {
                case .started: observed.contains("commandStartedEvent")
                case .succeeded: observed.contains("commandSucceededEvent")
                case .failed: observed.contains("commandFailedEvent")
                }
            }
            let wanted = (expected["events"]?.array ?? []).compactMap(\.document)
            guard seen.count == wanted.count else {
                throw Fault("\(seen.count) events (\(seen.map(\.command))), not \(wanted.count)")
            }
            for (event, document) in zip(seen, wanted) { try check(event, document) }
        }
    }

    private func check(_ event: CommandEvent, _ expected: BSONDocument) throws {
        guard let (kind, value) = expected.first(where: { _ in true }), let wanted = value.document else { return }
        if let name = wanted["commandName"]?.string, name != event.command {
            throw Fault("event: \(event.command), not \(name)")
        }
        if let name = wanted["databaseName"]?.string, name != event.database {
            throw Fault("event: in \(event.database)")
        }
        switch (kind, event.kind) {
        case ("commandStartedEvent", .started(let command)):
            if let fault = wanted["command"].flatMap({ Matching.mismatch(.document(command), $0) }) {
                throw Fault("event: \(event.command)\(fault)")
            }
        case ("commandSucceededEvent", .succeeded(let reply)):
            if let fault = wanted["reply"].flatMap({ Matching.mismatch(.document(reply), $0) }) {
                throw Fault("event: reply to \(event.command)\(fault)")
            }
        case ("commandFailedEvent", .failed): break
        default: throw Fault("event: \(event.command) is no \(kind)")
        }
    }

    private func checkOutcome(_ outcome: BSONValue?) async throws {
        for expected in (outcome?.array ?? []).compactMap(\.document) {
            let database = setup.database(expected["databaseName"]?.string ?? "")
            var options = FindOptions()
            options.sort = ["_id": 1]
            let found = try await database.collection(expected["collectionName"]?.string ?? "").find([:], options).all()
            let documents = BSONValue.array(BSONArray(found.map(BSONValue.document)))
            let wanted = expected["documents"] ?? []
            if let fault = Matching.mismatch(documents, wanted, isRoot: false) { throw Fault("outcome\(fault)") }
        }
    }
}
