// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NameResolution
import Testing

@testable import FairDial

@Suite struct `A service is dialed` {
    /// A table of records.
    private struct Table: RecordsAlone {
        var records: [SRVRecord] = []
        var error: ResolutionError?

        func records(
            of name: DomainName,
            _ type: RecordType,
            for fairnessKey: FairnessKey?
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

    /// The table answers in a task, which a busy machine may start late.
    private static let patient = Timeouts(queue: .seconds(600), lookup: .seconds(600))

    private func dialer(_ table: Table) -> Dialer {
        var configuration = DialerConfiguration()
        configuration.resolver = table
        configuration.timeouts = Self.patient
        configuration.overrides = ["good.test.": [.v4(.loopback)], "bad.test.": [.v4(IPv4Address(bits: 0x7F00_0002))]]
        // Each has an address of its own: one that two targets have is dialed once.
        for number in 0..<64 {
            configuration.overrides["bad\(number).test."] = [.v4(IPv4Address(bits: 0x7F00_0100 + UInt32(number)))]
        }
        return Dialer(configuration)
    }

    private func record(_ priority: UInt16, _ port: Int, _ target: String) throws -> SRVRecord {
        SRVRecord(priority: priority, weight: 1, port: UInt16(port), target: try DomainName(target))
    }

    @Test func `target after target by priority, until one is connected`() async throws {
        let server = try await LoopbackServer.start()
        let refusing = try #require(RefusingPort())
        let records = [try record(20, server.port, "good.test"), try record(10, Int(refusing.number), "bad.test")]
        let connection = try await dialer(Table(records: records)).connect(to: .service(Self.service))
        #expect(connection.destination.endpoint?.port == UInt16(server.port))
        try await connection.output.close()
        try await server.stop()
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `targets of one priority are shuffled with what the dialer was given`(seed: UInt64) async throws {
        let records = try (0..<12).map { try record(10, 80, "target\($0).test") }
        var configuration = DialerConfiguration()
        configuration.resolver = Table(records: records)
        configuration.timeouts = Self.patient
        let generator = NIOLockedValueBox(SeededGenerator(seed: seed))
        configuration.random = RandomSource { generator.withLockedValue { $0.next() } }
        var same = SeededGenerator(seed: seed)
        #expect(
            try await Dialer(configuration).targets(ofService: Self.service)
                == SRVTargets.ordered(records, using: &same).map(SRVTarget.init)
        )
    }

    @Test func `when all of them fail every one is named, with what it said`() async throws {
        let refusing = try #require(RefusingPort())
        let records = [
            try record(10, Int(refusing.number), "bad.test"), try record(20, Int(refusing.number), "good.test"),
        ]
        let error = await #expect(throws: DialError.self) {
            try await dialer(Table(records: records)).connect(to: .service(Self.service))
        }
        #expect(error?.code == .allAttemptsFailed)
        #expect(error?.target == Self.service)
        #expect(error?.report.attempts.count == 2)
        #expect(error?.report.service?.targets.map(\.target.name) == ["bad.test", "good.test"])
        #expect(error?.report.service?.targets.map(\.outcome) == [.tried, .tried])
    }

    @Test func `a service that is not there, one that is decidedly not, and a name that is none`() async throws {
        let missing = Table(error: ResolutionError(.nameNotFound, "no SRV record"))
        for (table, name, code) in [
            (missing, Self.service, DialError.Code.nameNotFound),
            (Table(records: [try record(0, 0, ".")]), Self.service, .nameNotFound),
            (Table(error: ResolutionError(.temporaryFailure, "SERVFAIL")), Self.service, .temporaryNameFailure),
            (missing, "a..b", .invalidTarget),
        ] {
            let error = await #expect(throws: DialError.self) { try await dialer(table).connect(to: .service(name)) }
            #expect(error?.code == code)
        }
    }

    @Test func `of hundreds of targets the best 64 are told and tried`() async throws {
        let refusing = try #require(RefusingPort())
        let records = try (0..<900).map { try record(UInt16($0), Int(refusing.number), "bad\($0).test") }
        let dialer = dialer(Table(records: records.shuffled()))
        #expect(try await dialer.targets(ofService: Self.service).map(\.priority) == Array(0..<64))
        let error = await #expect(throws: DialError.self) { try await dialer.connect(to: .service(Self.service)) }
        #expect(error?.report.attempts.count == 64)
        #expect(error?.report.service?.leftOut == 836)
    }

    @Test(.timeLimit(.minutes(15)))
    func `all targets share the dial's one set of timeouts`() async throws {
        let records = try (0..<900).map { try record(UInt16($0), 9, "silent\($0).test") }
        let names = ScriptedResolver()
        var configuration = DialerConfiguration()
        configuration.resolver = ScriptedService(records: records, names: names)
        configuration.timeouts = Timeouts(queue: .seconds(30), lookup: .milliseconds(40))
        let dialer = Dialer(configuration)
        let dial = Task { await failure { try await dialer.connect(to: .service(Self.service)) } }
        for number in 0..<8 { try await names.nextLookup(of: "silent\(number).test.").start() }
        let error = await dial.value
        #expect(error?.code == .lookupTimeout)
        #expect(error?.message.hasSuffix("900 targets were not tried") == true)
        #expect(names.lookups.allSatisfy { $0.cancellations == 1 })
        configuration.timeouts = Timeouts(queue: .seconds(Int64.max), lookup: .seconds(Int64.max))
        configuration.resolver = Table(error: ResolutionError(.nameNotFound, "no SRV record"))
        let longest = Dialer(configuration)
        await #expect(throws: DialError.self) { try await longest.connect(to: .service(Self.service)) }
    }
}
