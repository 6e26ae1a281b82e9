// SPDX-License-Identifier: Apache-2.0

import BSON
import FairDial
import Foundation
import Testing

@testable import MongoClient

/// Who may in: SCRAM and TLS on a live server.
@Suite(.serialized) struct `Authentication and TLS on a live server` {
    private static func refusal(of string: String) async throws -> MongoError? {
        let client = try MongoClient(string)
        defer { Task { await client.close() } }
        do throws(MongoError) {
            _ = try await client.database("d").collection("c").findOne()
            return nil
        } catch {
            return error
        }
    }

    @Test func `SCRAM: who knows the password gets in, and who does not is told so at once`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mongo-auth-\(UUID().uuidString)")
        let open = try await LiveServer.start(in: folder)
        let setup = try MongoClient("mongodb://\(open.address)/")
        for (name, mechanisms) in [("ada", ["SCRAM-SHA-256"]), ("bob", ["SCRAM-SHA-1", "SCRAM-SHA-256"])] {
            try await setup.database("admin").runCommand([
                "createUser": .string(name), "pwd": "p\u{AA}ss", "roles": ["root"],
                "mechanisms": .array(BSONArray(mechanisms.map { .string($0) })),
            ])
        }
        await setup.close()
        open.stop(keepingFolder: true)
        let server = try await LiveServer.start(["--auth"], in: folder)
        defer { server.stop() }
        let (good, options) = ("p%C2%AAss", "authSource=admin&timeoutMS=20000")
        #expect(try await Self.refusal(of: "mongodb://ada:\(good)@\(server.address)/?\(options)") == nil)
        // SASLprep makes the same of it.
        #expect(try await Self.refusal(of: "mongodb://ada:pass@\(server.address)/?\(options)") == nil)
        let pinned = "\(options)&authMechanism=SCRAM-SHA-256"
        #expect(try await Self.refusal(of: "mongodb://ada:\(good)@\(server.address)/?\(pinned)") == nil)
        for string in [
            "mongodb://ada:wrong@\(server.address)/?\(options)", "mongodb://nobody:x@\(server.address)/?\(options)",
        ] {
            let error = try #require(try await Self.refusal(of: string))
            #expect(error.code == .authenticationFailed)
            #expect(!"\(error)".contains("wrong"))
        }
        #expect(try await Self.refusal(of: "mongodb://\(server.address)/?timeoutMS=20000")?.failure?.code == 13)
    }

    @Test func `TLS: a certificate that is trusted, one that is not, and one that has expired`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mongo-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let good = try Certificate(named: "good", in: folder, days: 2)
        let server = try await LiveServer.start(good.arguments)
        defer { server.stop() }
        let options = "tls=true&serverSelectionTimeoutMS=3000"
        let trusting = "\(options)&tlsCAFile=\(good.escapedPath)"
        #expect(try await Self.refusal(of: "mongodb://\(server.address)/?\(trusting)") == nil)
        #expect(try await Self.refusal(of: "mongodb://\(server.address)/?\(options)&tlsInsecure=true") == nil)
        let error = try #require(try await Self.refusal(of: "mongodb://\(server.address)/?\(options)"))
        #expect(error.code == .noServer)
        #expect(error.dialError?.code == .handshakeFailed)
    }

    @Test func `TLS: a certificate that has expired is named as such`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mongo-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let old = try Certificate(named: "old", in: folder, days: -1)
        let server = try await LiveServer.start(old.arguments)
        defer { server.stop() }
        let options = "tls=true&serverSelectionTimeoutMS=3000&tlsCAFile=\(old.escapedPath)"
        let error = try #require(try await Self.refusal(of: "mongodb://\(server.address)/?\(options)"))
        #expect(error.code == .noServer)
        #expect(error.message.contains("expired"))
    }
}
