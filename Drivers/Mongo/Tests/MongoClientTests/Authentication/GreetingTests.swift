// SPDX-License-Identifier: Apache-2.0

import BSON
import ConnectionStrings
import Testing

@testable import MongoClient

/// The talk with which a connection begins, without a connection.
@Suite struct `The greeting` {
    private static func greeting(_ string: String, authenticates: Bool = true) throws -> Greeting {
        let string = try ConnectionString(string)
        let settings = GreetingSettings(appName: string.options.appName, credential: try string.credential())
        return Greeting(settings, authenticates: authenticates, nonce: "rOprNGfwEbeRWgbNEkqO")
    }

    private static func sent(_ action: Greeting.Action) -> (document: BSONDocument, database: String, asQuery: Bool)? {
        if case .send(let document, let database, let asQuery) = action { (document, database, asQuery) } else { nil }
    }

    private static func code(_ action: Greeting.Action) -> MongoError.Code? {
        if case .failed(let error) = action { error.code } else { nil }
    }

    private static func payload(_ text: String) -> BSONValue { .binary(BSONBinary(Array(text.utf8))) }

    private static let challenge =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    private static let proof = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

    private static func keys(_ action: Greeting.Action) throws -> SCRAMKeys {
        guard case .derive(let hash, let challenge) = action else { throw SCRAM.Refusal(reason: "no challenge") }
        return try SCRAMKeys(hash, username: "user", password: "pencil", challenge)
    }

    @Test func `without a user, hello is all: an old query, that servers of every age read`() throws {
        var greeting = try Self.greeting("mongodb://h/?appName=feeds")
        let hello = try #require(Self.sent(greeting.start()))
        #expect(hello.asQuery && hello.database == "admin")
        #expect(hello.document.keys.first == "isMaster")
        #expect(hello.document["helloOk"] == true)
        #expect(hello.document[path: "client", "application", "name"] == "feeds")
        guard case .ready = greeting.answered(["ok": 1.0]) else { return #expect(Bool(false)) }
    }

    @Test func `with a stable interface, the first hello is new already`() throws {
        var settings = GreetingSettings()
        settings.serverInterface = ServerInterface()
        var greeting = Greeting(settings, authenticates: true, nonce: "n")
        let hello = try #require(Self.sent(greeting.start()))
        #expect(!hello.asQuery && hello.document.keys.first == "hello" && hello.document["apiVersion"] == "1")
    }

    @Test func `the proof begins with hello, and ends where both have proved themselves`() throws {
        var greeting = try Self.greeting("mongodb://user:pencil@h/?authSource=users")
        let hello = try #require(Self.sent(greeting.start()))
        #expect(hello.document["saslSupportedMechs"] == "users.user")
        #expect(hello.document[path: "speculativeAuthenticate", "db"] == "users")
        let derive = greeting.answered([
            "ok": 1.0,
            "speculativeAuthenticate": ["conversationId": 4, "done": false, "payload": Self.payload(Self.challenge)],
        ])
        let last = try #require(Self.sent(greeting.derived(try Self.keys(derive))))
        #expect(last.database == "users" && last.document["conversationId"] == 4)
        let end = greeting.answered(["ok": 1.0, "done": true, "payload": Self.payload(Self.proof)])
        guard case .ready = end else { return #expect(Bool(false)) }
    }

    @Test func `a server that does not speculate is asked; its list chooses the mechanism`() throws {
        for (list, mechanism) in [
            (["SCRAM-SHA-1", "SCRAM-SHA-256"], "SCRAM-SHA-256"), (["SCRAM-SHA-1"], "SCRAM-SHA-1"),
        ] {
            var greeting = try Self.greeting("mongodb://user:pencil@h/")
            _ = greeting.start()
            let names = BSONValue.array(BSONArray(list.map { .string($0) }))
            let start = try #require(Self.sent(greeting.answered(["ok": 1.0, "saslSupportedMechs": names])))
            #expect(start.document["mechanism"] == .string(mechanism))
        }
    }

    @Test func `a server that knows no password, or wants few rounds, is refused`() throws {
        var forged = try Self.greeting("mongodb://user:pencil@h/")
        _ = forged.start()
        let derive = forged.answered([
            "ok": 1.0, "speculativeAuthenticate": ["conversationId": 4, "payload": Self.payload(Self.challenge)],
        ])
        _ = forged.derived(try Self.keys(derive))
        let wrong = Self.payload("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
        #expect(Self.code(forged.answered(["ok": 1.0, "done": true, "payload": wrong])) == .authenticationFailed)

        var weak = try Self.greeting("mongodb://user:pencil@h/")
        _ = weak.start()
        let few = Self.challenge.replacing("i=4096", with: "i=1000")
        let answer = weak.answered(["ok": 1.0, "speculativeAuthenticate": ["payload": Self.payload(few)]])
        #expect(Self.code(answer) == .authenticationFailed)
    }

    @Test func `a monitor proves nothing, and asks for no mechanisms`() throws {
        var greeting = try Self.greeting("mongodb://user:pencil@h/", authenticates: false)
        let hello = try #require(Self.sent(greeting.start()))
        #expect(hello.document["saslSupportedMechs"] == nil && hello.document["speculativeAuthenticate"] == nil)
        guard case .ready = greeting.answered(["ok": 1.0]) else { return #expect(Bool(false)) }
    }

    @Test func `errors show neither the user nor the password`() throws {
        var greeting = try Self.greeting("mongodb://user:pencil@h/")
        _ = greeting.start()
        _ = greeting.answered(["ok": 1.0])
        let refused = greeting.answered(["ok": 0.0, "code": 18, "codeName": "AuthenticationFailed", "errmsg": "no"])
        guard case .failed(let error) = refused else { return #expect(Bool(false)) }
        #expect(error.failure?.code == 18)
        #expect(!"\(error)".contains("pencil") && !"\(error)".contains("user"))
    }

    @Test func `a server that can be written to is no arbiter: it must know the password`() throws {
        var greeting = try Self.greeting("mongodb://user:pencil@h/")
        _ = greeting.start()
        let hello: BSONDocument = ["ok": 1.0, "setName": "rs", "isWritablePrimary": true, "arbiterOnly": true]
        #expect(Self.sent(greeting.answered(hello))?.document["saslStart"] != nil)

        var arbiter = try Self.greeting("mongodb://user:pencil@h/")
        _ = arbiter.start()
        let end = arbiter.answered(["ok": 1.0, "setName": "rs", "arbiterOnly": true])
        guard case .ready = end else { return #expect(Bool(false)) }
    }
}
