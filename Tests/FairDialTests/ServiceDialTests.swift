// SPDX-License-Identifier: Apache-2.0

import ConnectionRacing
import DNSMessages
import FairDial
import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NameResolution
import Testing

@Suite struct `A service is dialed` {
    /// A table of records.
    private struct Table: RecordResolver {
        var records: [SRVRecord] = []
        var error: ResolutionError?

        func records(
            of name: DomainName,
            _ type: RecordType,
            for asker: Asker?
        ) async throws(ResolutionError) -> RecordAnswer {
            if let error { throw error }
            return RecordAnswer(
                records: records.map { Record(name: name, timeToLive: 60, data: $0) },
                name: name,
                timeToLive: 60
            )
        }
    }

    private static let service = "_db._tcp.example.org"

    private func dialer(_ table: Table) -> Dialer {
        var configuration = DialerConfiguration()
        configuration.recordResolver = table
        configuration.overrides = ["good.test.": [.v4(.loopback)], "bad.test.": [.v4(.loopback)]]
        return Dialer(configuration)
    }

    private func record(_ priority: UInt16, _ port: Int, _ target: String) throws -> SRVRecord {
        SRVRecord(priority: priority, weight: 1, port: UInt16(port), target: try DomainName(target))
    }

    @Test func `target after target by priority, until one is connected`() async throws {
        let server = try await LoopbackServer.start()
        let deaf = try #require(DeafPort())
        let records = [try record(20, server.port, "good.test"), try record(10, Int(deaf.number), "bad.test")]
        let connection = try await dialer(Table(records: records)).connect(toService: Self.service)
        #expect(connection.destination.endpoint?.port == UInt16(server.port))
        try await connection.output.close()
        try await server.stop()
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `targets of one priority are shuffled with what the dialer was given`(seed: UInt64) async throws {
        let records = try (0..<12).map { try record(10, 80, "target\($0).test") }
        var configuration = DialerConfiguration()
        configuration.recordResolver = Table(records: records)
        let generator = NIOLockedValueBox(SeededGenerator(seed: seed))
        configuration.random = RandomSource { generator.withLockedValue { $0.next() } }
        var same = SeededGenerator(seed: seed)
        #expect(
            try await Dialer(configuration).targets(ofService: Self.service)
                == ServiceTargets.ordered(records, using: &same)
        )
    }

    @Test func `when all of them fail every one is named, with what it said`() async throws {
        let deaf = try #require(DeafPort())
        let records = [try record(10, Int(deaf.number), "bad.test"), try record(20, Int(deaf.number), "good.test")]
        let error = await #expect(throws: DialError.self) {
            try await dialer(Table(records: records)).connect(toService: Self.service)
        }
        #expect(error?.code == .allAttemptsFailed)
        #expect(error?.target == Self.service)
        #expect(error?.splits.attempts.count == 2)
        #expect(error?.message.contains("bad.test.:\(deaf.number): the only address failed") == true)
        #expect(error?.message.contains("good.test.:\(deaf.number): the only address failed") == true)
    }

    @Test func `a service that is not there, one that is decidedly not, and a name that is none`() async throws {
        let missing = Table(error: ResolutionError(.nameNotFound, "no SRV record"))
        for (table, name, code) in [
            (missing, Self.service, DialError.Code.nameNotFound),
            (Table(records: [try record(0, 0, ".")]), Self.service, .nameNotFound),
            (Table(error: ResolutionError(.temporaryFailure, "SERVFAIL")), Self.service, .temporaryNameFailure),
            (missing, "a..b", .invalidTarget),
        ] {
            let error = await #expect(throws: DialError.self) { try await dialer(table).connect(toService: name) }
            #expect(error?.code == code)
        }
    }
}
