// SPDX-License-Identifier: Apache-2.0

import BSON
import DNSMessages
import FairDial
import Testing

@testable import MongoClient

/// `mongodb+srv://`, by a resolver of the test's own.
@Suite struct `Records of a service` {
    /// Knows one service and its options.
    private struct Names: AddressResolver, RecordResolver {
        var port: UInt16
        var target = "db.feeds.example.test"
        var texts: [String] = []

        func lookUp(
            _ question: LookupQuestion,
            for fairnessKey: FairnessKey,
            _ receive: @escaping @Sendable (LookupEvent) -> Void
        ) -> any LookupHandle {
            NameResolver.shared.lookUp(question, for: fairnessKey, receive)
        }

        func records(
            of name: DomainName,
            _ type: RecordType,
            for fairnessKey: FairnessKey?
        ) async throws(ResolutionError) -> RecordAnswer {
            var data: [any RecordData] = []
            if type == .srv, "\(name)".hasPrefix("_mongodb._tcp.cluster.feeds.example.test"),
                let host = try? DomainName(target)
            {
                data = [SRVRecord(priority: 0, weight: 0, port: port, target: host)]
            }
            if type == .txt { data = texts.map { TXTRecord([Array($0.utf8)]) } }
            guard !data.isEmpty else { throw ResolutionError(.nameNotFound, "\(name) has no \(type)") }
            return RecordAnswer(
                records: data.map { Record(name: name, timeToLive: 60, data: $0) },
                name: name,
                timeToLive: 60
            )
        }
    }

    private static func client(_ names: Names) throws -> MongoClient {
        var dialing = DialerConfiguration()
        dialing.resolver = names
        dialing.overrides = ["db.feeds.example.test": [try IPAddress("127.0.0.1")]]
        return try MongoClient(
            "mongodb+srv://cluster.feeds.example.test/?tls=false&serverSelectionTimeoutMS=60000",
            dialer: Dialer(dialing)
        )
    }

    @Test func `the hosts and the options come of the records`() async throws {
        let server = try await WireServer.start { request, _ in
            guard request.isHello else { return .reply(["ok": 1.0]) }
            var hello = WireServer.standaloneHello
            try? hello.append("rs7", forKey: "setName")
            return .reply(hello)
        }
        let client = try Self.client(Names(port: UInt16(server.port), texts: ["replicaSet=rs7"]))
        // The member names no hosts, so the seed does not belong to the set by the primary's own list. The operation's
        // time begins after that: on a busy machine it was over before the records had come, and so was a limit of 5 s.
        let deployment = try await client.running(until: nil)
        await eventually { deployment.pools.isEmpty && server.requests.contains(where: \.isHello) }
        let error = await #expect(throws: MongoError.self) {
            try await client.database("d").runCommand(["ping": 1], timeout: .milliseconds(100))
        }
        let message = error?.message ?? ""
        #expect(message.contains("a replica set without a primary"))
        await client.close()
        await server.stop()
    }

    @Test func `the one host is spoken to`() async throws {
        let server = try await WireServer.start { request, _ in
            .reply(request.isHello ? WireServer.standaloneHello : ["ok": 1.0])
        }
        let client = try Self.client(Names(port: UInt16(server.port)))
        try await client.database("d").runCommand(["ping": 1])
        #expect(server.commands.map(\.name) == ["ping"])
        await client.close()
        await server.stop()
    }

    @Test func `a target outside of the parent domain is not believed`() async throws {
        let client = try Self.client(Names(port: 27_017, target: "db.evil.test"))
        let error = await #expect(throws: MongoError.self) { try await client.database("d").runCommand(["ping": 1]) }
        #expect(error?.code == .noHosts)
        await client.close()
    }

    @Test func `no records are an error that says so`() async throws {
        var dialing = DialerConfiguration()
        dialing.resolver = Names(port: 1)
        let client = try MongoClient("mongodb+srv://other.feeds.example.test/", dialer: Dialer(dialing))
        let error = await #expect(throws: MongoError.self) { try await client.database("d").runCommand(["ping": 1]) }
        #expect(error?.code == .noHosts)
        #expect(error?.message.contains("SRV") == true)
        await client.close()
    }
}
