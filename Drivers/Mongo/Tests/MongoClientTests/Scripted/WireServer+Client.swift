// SPDX-License-Identifier: Apache-2.0

import BSON
import ConnectionStrings
import FairDial

@testable import MongoClient

extension WireServer {
    /// Answers hellos as a primary, and everything else by the closure.
    static func primary(
        _ answer: @escaping @Sendable (Request, WireServer) -> Reaction
    ) async throws -> WireServer {
        try await start { request, server in
            request.isHello ? .reply(server.primaryHello()) : answer(request, server)
        }
    }

    /// A client of this server; both end with the body.
    func withClient<Value>(
        _ options: String = "",
        user: String = "",
        heartbeat: Int = 500,
        configuration: MongoClientConfiguration = MongoClientConfiguration(dialer: .shared),
        _ body: (MongoClient) async throws -> Value
    ) async throws -> Value {
        // A test among many on a busy machine may wait long for the runtime's threads: that is no fault. An option of
        // the test's own counts, for it is the last.
        let settings = "serverSelectionTimeoutMS=110000&heartbeatFrequencyMS=\(heartbeat)\(options)"
        let string = try ConnectionString("mongodb://\(user)\(address)/?\(settings)")
        let client = try MongoClient(string, configuration: configuration)
        do {
            let value = try await body(client)
            await client.close()
            await stop()
            return value
        } catch {
            await client.close()
            await stop()
            throw error
        }
    }
}

/// What a body throws; `nil` for nothing, and for what is no `MongoError`.
func mongoError(_ body: () async throws -> Void) async -> MongoError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? MongoError
    }
}
