// SPDX-License-Identifier: Apache-2.0

import Testing

/// The clients that FairDialDoor's pages show, each with the real server that it is for.
@Suite(.serialized, .timeLimit(.minutes(15))) struct `The recipe for` {
    /// What one of the snippets prints, at a server of its kind.
    private func output(of snippet: String, at kind: RealServer.Kind) async throws -> String {
        let server = try RealServer(kind)
        let run = try await Tool.run(["127.0.0.1", "\(server.port)"], of: snippet)
        try server.stop()
        #expect(run.status == 0, "\(run.errors)")
        return run.output.replacing(" \(server.port)\n", with: " PORT\n")
    }

    @Test func `PostgreSQL, through a door and dialed, is answered`() async throws {
        let said = try await output(of: "Client-Postgres", at: .postgres)
        #expect(said == "through a door: 42\ndialed: PORT\n")
    }

    @Test func `Redis, by a closure, through a door and by addresses, is answered`() async throws {
        let said = try await output(of: "Client-Redis", at: .redis)
        #expect(said == "by a closure: +PONG\nthrough a door: :1\nby addresses: +PONG\n")
    }

    @Test func `MongoKitten dials again when its connection is closed`() async throws {
        // Only connections are made: any server will do.
        let said = try await output(of: "Client-MongoKitten", at: .redis)
        #expect(said == "kept: true\ndialed again: PORT\n")
    }

    @Test func `MQTT, through a port, is answered`() async throws {
        let said = try await output(of: "Client-MQTT", at: .mosquitto)
        // CONNACK: accepted, no session; PINGRESP.
        #expect(said == "[32, 2, 0, 0, 208, 0]\n")
    }

    @Test func `SSH hears the server's first words, though its handlers come late`() async throws {
        let said = try await output(of: "Client-SSH", at: .ssh)
        #expect(said.hasPrefix("SSH-2.0-OpenSSH_"), "\(said)")
    }
}
