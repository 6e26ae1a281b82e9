// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import Testing

@testable import FairDial

@Suite struct `What connecting came to in the past` {
    private static let wired = IPAddress.v4(IPv4Address(bits: 0x0A00_0002))
    private static let radio = IPAddress.v4(IPv4Address(bits: 0xC0A8_0102))

    private static func route(_ number: UInt32, from source: IPAddress = wired) -> ConnectOutcomes.Route {
        ConnectOutcomes.Route(from: source, to: .v4(IPv4Address(bits: 0xC000_0200 + number)))
    }

    @Test func `a route that connected is known with its round trip, on its own network alone`() {
        var outcomes = ConnectOutcomes()
        outcomes.note(.connected(after: at(40)), on: Self.route(1), at: at(0))
        #expect(outcomes.outcome(on: Self.route(1), at: at(1)) == .connected(roundTrip: at(40)))
        #expect(outcomes.outcome(on: Self.route(1, from: Self.radio), at: at(1)) == nil)
        #expect(outcomes.outcome(on: Self.route(2), at: at(1)) == nil)
    }

    @Test func `round trips are smoothed as RFC 6298 says`() {
        var outcomes = ConnectOutcomes()
        outcomes.note(.connected(after: at(80)), on: Self.route(1), at: at(0))
        outcomes.note(.connected(after: at(160)), on: Self.route(1), at: at(1))
        #expect(outcomes.outcome(on: Self.route(1), at: at(2)) == .connected(roundTrip: at(90)))
    }

    @Test func `a failure is known, and a connection after it is news`() {
        var outcomes = ConnectOutcomes()
        outcomes.note(.connected(after: at(80)), on: Self.route(1), at: at(0))
        outcomes.note(.failed, on: Self.route(1), at: at(10))
        #expect(outcomes.outcome(on: Self.route(1), at: at(11)) == .failed)
        outcomes.note(.connected(after: at(20)), on: Self.route(1), at: at(12))
        #expect(outcomes.outcome(on: Self.route(1), at: at(13)) == .connected(roundTrip: at(20)))
    }

    @Test func `a loser's silence cannot make it look good, and says nothing about a stranger`() {
        var outcomes = ConnectOutcomes()
        outcomes.note(.connected(after: at(20)), on: Self.route(1), at: at(0))
        outcomes.note(.outrun(after: at(300)), on: Self.route(1), at: at(10))
        #expect(outcomes.outcome(on: Self.route(1), at: at(11)) == .connected(roundTrip: at(300)))
        outcomes.note(.outrun(after: at(5)), on: Self.route(1), at: at(12))
        #expect(outcomes.outcome(on: Self.route(1), at: at(13)) == .connected(roundTrip: at(300)))
        outcomes.note(.outrun(after: at(300)), on: Self.route(2), at: at(14))
        #expect(outcomes.outcome(on: Self.route(2), at: at(15)) == nil)
    }

    @Test func `everything is forgotten in time, however often it was seen again`() {
        var outcomes = ConnectOutcomes(lifetime: at(1_000), failureLifetime: at(100))
        outcomes.note(.connected(after: at(20)), on: Self.route(1), at: at(0))
        outcomes.note(.connected(after: at(20)), on: Self.route(1), at: at(900))
        outcomes.note(.failed, on: Self.route(2), at: at(900))
        outcomes.note(.failed, on: Self.route(2), at: at(950))
        #expect(outcomes.outcomes(at: at(999)).count == 2)
        #expect(outcomes.outcome(on: Self.route(1), at: at(1_000)) == nil)
        #expect(outcomes.outcome(on: Self.route(2), at: at(1_000)) == nil)
        #expect(outcomes.outcomes(at: at(1_000)) == [:])
        // It is a stranger again, with a life of its own.
        outcomes.note(.connected(after: at(30)), on: Self.route(1), at: at(1_001))
        #expect(outcomes.outcome(on: Self.route(1), at: at(2_000)) == .connected(roundTrip: at(30)))
    }

    @Test func `no more routes are kept than may be, and the oldest go first`() {
        var outcomes = ConnectOutcomes(capacity: 8)
        for number in 0..<100 {
            outcomes.note(.connected(after: at(1)), on: Self.route(UInt32(number)), at: at(number))
            #expect(outcomes.outcomes(at: at(number)).count <= 8)
        }
        #expect(outcomes.outcome(on: Self.route(99), at: at(100)) != nil)
        #expect(outcomes.outcome(on: Self.route(0), at: at(100)) == nil)
    }

    @Test func `it can be cleared`() {
        var outcomes = ConnectOutcomes()
        outcomes.note(.failed, on: Self.route(1), at: at(0))
        outcomes.clear()
        #expect(outcomes.outcomes(at: at(0)) == [:])
    }
}
