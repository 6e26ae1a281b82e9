// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NameResolution
import Testing

@testable import FairDial

/// A name with a hundred thousand addresses is dialed like any other: of each family 256 are, of those that may be.
@Suite(.timeLimit(.minutes(15))) struct `A name with very many addresses` {
    private static let count = 100_000

    /// A policy's verdict takes a debug build long.
    private static let judged = 20_000

    private static let fours = (0..<UInt32(count)).map { IPAddress.v4(IPv4Address(bits: 0x0A00_0000 + $0)) }
    private static let sixes = (0..<UInt64(count)).map {
        IPAddress.v6(IPv6Address(high: 0xFD00_0000_0000_0000, low: $0 + 1), zone: nil)
    }
    /// Forbids all of those.
    private static let noPrivate = AddressPolicy(elsewhere: .publicInternet)

    /// What `resolve` makes of an answer to `db.test`.
    private func resolved(_ addresses: [IPAddress], policy: AddressPolicy? = nil) async throws -> Answer {
        let world = ScriptedWorld(policy: policy)
        async let resolved = world.dialer.resolve("db.test", port: 80)
        let lookup = try await world.resolver.nextLookup()
        await world.clock.sleepers()
        lookup.answer(addresses)
        lookup.end()
        return try await resolved
    }

    @Test func `256 of each family are told, and the rest is counted`() async throws {
        let answer = try await resolved(Self.fours + Self.sixes)
        #expect(Set(answer.endpoints.map(\.address)) == Set(Self.fours[..<256] + Self.sixes[..<256]))
        #expect(answer.report.leftOut == 2 * Self.count - 512)
        #expect("\(answer.report)".contains("\(2 * Self.count - 512) addresses left out"))
    }

    @Test func `of a usual number all are told, and none is counted`() async throws {
        let answer = try await resolved(Array(Self.fours[..<256] + Self.sixes[..<256]))
        #expect(answer.endpoints.count == 512)
        #expect(answer.report.leftOut == 0)
    }

    @Test func `one of the other family behind a hundred thousand is not lost`() async throws {
        let answer = try await resolved(Self.fours + [Destinations.six1])
        #expect(answer.endpoints.count == 257)
        #expect(answer.endpoints.contains { $0.address == Destinations.six1 })
    }

    @Test func `one address many times is one`() async throws {
        let again = [IPAddress](repeating: Destinations.four1, count: Self.count)
        let answer = try await resolved(again + [Destinations.four2])
        #expect(Set(answer.endpoints.map(\.address)) == [Destinations.four1, Destinations.four2])
        #expect(answer.report.leftOut == 0)
    }

    @Test func `the policy comes first, so the one that may be dialed is found behind all that may not`() async throws {
        let free = IPAddress.v4(IPv4Address(bits: 0x0808_0808))
        let answer = try await resolved(Self.fours[..<Self.judged] + [free], policy: Self.noPrivate)
        #expect(answer.endpoints.map(\.address) == [free])
        // This many are reported, and the others counted.
        #expect(answer.report.attempts.count == 256)
        #expect(answer.report.attempts.allSatisfy { $0.outcome == .vetoed })
        #expect(answer.report.leftOut == Self.judged - 256)
    }

    @Test func `where all of them are forbidden it is the policy that refuses`() async throws {
        let error = await failure { try await resolved(Array(Self.fours[..<Self.judged]), policy: Self.noPrivate) }
        #expect(error?.code == .refusedByPolicy)
        #expect(error?.report.leftOut == Self.judged - 256)
    }

    @Test(arguments: [AddressPolicy?.none, noPrivate])
    func `what is known without a lookup is no different`(policy: AddressPolicy?) async throws {
        var configuration = DialerConfiguration()
        configuration.overrides = ["known.test": Self.fours[..<Self.judged] + [.v4(IPv4Address(bits: 0x0808_0808))]]
        configuration.policy = policy
        configuration.group = StoppedLoop()
        let answer = try await Dialer(configuration).resolve("known.test", port: 80)
        #expect(answer.endpoints.count == (policy == nil ? 256 : 1))
        #expect(answer.report.leftOut == Self.judged - (policy == nil ? 255 : 256))
    }

    @Test func `a resolver that answers a thousand times is no different`() async throws {
        let world = ScriptedWorld()
        async let resolved = world.dialer.resolve("db.test", port: 80)
        let lookup = try await world.resolver.nextLookup()
        await world.clock.sleepers()
        for address in Self.fours[..<1_000] { lookup.answer([address], settling: []) }
        lookup.answer([Destinations.six1])
        lookup.end()
        let answer = try await resolved
        #expect(answer.endpoints.count == 257)
        #expect(answer.report.leftOut == 1_000 - 256)
    }

    @Test func `a dial of all of them, each of which refuses, tries 256`() async throws {
        let fates = Dictionary(
            uniqueKeysWithValues: Self.fours[..<300].map {
                (Destinations.to($0), ScriptedNetwork.Fate.fails(111, after: .zero))
            }
        )
        let world = ScriptedWorld(fates, addresses: Self.fours)
        let error = await failure { _ = try await world.dialer.takeSocket(to: "db.test", port: 80) }
        #expect(error?.code == .allAttemptsFailed)
        #expect(world.network.opened.count == 256)
        #expect(error?.report.leftOut == Self.count - 256)
        #expect(world.isClean())
    }
}
