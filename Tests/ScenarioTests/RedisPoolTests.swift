// SPDX-License-Identifier: Apache-2.0

import Testing

/// The pool that the page for driver authors builds, with a real Redis server.
@Suite(.serialized, .timeLimit(.minutes(15))) struct `The Redis client of the page for driver authors` {
    @Test func `runs commands over 20 connections, which all come back`() async throws {
        let server = try RealServer(.redis)
        let run = try await Tool.run(["127.0.0.1", "\(server.port)"], of: "RedisPool")
        #expect(
            run.output == """
                text("OK")
                text("fair")
                error("ERR value is not an integer or out of range")
                500500 0
                cmdstat_ping:calls=4

                """,
            "\(run.errors)"
        )
        #expect(run.status == 0)
        try server.stop()
    }

    @Test func `authenticates before a connection is lent, and says that the server refused`() async throws {
        let server = try RealServer(.redis, "--requirepass 'fair and square'")
        let right = try await Tool.run(["127.0.0.1", "\(server.port)", "fair and square"], of: "RedisPool")
        #expect(right.output.hasPrefix("text(\"OK\")\n"), "\(right.output)\(right.errors)")
        let wrong = try await Tool.run(["127.0.0.1", "\(server.port)", "wrong"], of: "RedisPool")
        #expect(wrong.output.contains("handshakeFailed"), "\(wrong.output)")
        #expect(wrong.output.contains("WRONGPASS"), "\(wrong.output)")
        try server.stop()
    }
}
