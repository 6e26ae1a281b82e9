// SPDX-License-Identifier: Apache-2.0

import BSON
import DNSMessages
import FairDial
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import MongoClient

/// The look at the records of a service that many operations wait for, and that never comes.
@Suite(.timeLimit(.minutes(2))) struct `A service whose records do not come` {
    /// Answers nobody, and counts who asks.
    private final class Silent: AddressResolver, RecordResolver {
        let asked = NIOLockedValueBox<[RecordType]>([])

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
            asked.withLockedValue { $0.append(type) }
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(3_600)) }
            throw ResolutionError(.nameNotFound, "nobody waits for \(name) any more")
        }
    }

    private static func client(_ names: Silent) throws -> MongoClient {
        var dialing = DialerConfiguration()
        dialing.resolver = names
        return try MongoClient("mongodb+srv://cluster.feeds.example.test/?tls=false", dialer: Dialer(dialing))
    }

    @Test func `operations that begin together share one look, each within its own time`() async throws {
        let names = Silent()
        let client = try Self.client(names)
        let first = Task { try await client.database("d").runCommand(["ping": 1]) }
        await eventually { names.asked.withLockedValue { $0.count } == 2 }
        await withTaskGroup(of: MongoError.Code?.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    await mongoError {
                        try await client.database("d").runCommand(["ping": 1], timeout: .milliseconds(300))
                    }?.code
                }
            }
            for await code in group { #expect(code == .timeout) }
        }
        #expect(names.asked.withLockedValue { Set($0) } == [.srv, .txt])
        #expect(names.asked.withLockedValue { $0.count } == 2)
        first.cancel()
        let error = await mongoError { _ = try await first.value }
        #expect(error?.code == .cancelled)
        await client.close()
    }

    @Test func `close ends an operation that looks its service up`() async throws {
        let names = Silent()
        let client = try Self.client(names)
        let first = Task { try await client.database("d").runCommand(["ping": 1]) }
        await eventually { names.asked.withLockedValue { $0.count } == 2 }
        await client.close()
        let error = await mongoError { _ = try await first.value }
        #expect(error?.code == .closed)
    }
}
