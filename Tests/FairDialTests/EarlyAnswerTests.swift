// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NameResolution
import Testing

@testable import FairDial

private let six = Destinations.to(Destinations.six1)
private let four = Destinations.to(Destinations.four1)

/// What a caller is told who does not wait for a silent family.
@Suite struct `What there is of an answer is told early` {
    private static func dial(_ isWanted: Bool = true, policy: AddressPolicy? = nil) throws -> Dial {
        var dial = Dial(try .about(goal: .answer, policy: policy, tellsEarlyAnswer: isWanted))
        _ = dial.start(at: .zero)
        dial.lookupStarted(at: .zero)
        return dial
    }

    @Test(arguments: [(AddressFamilies.ipv4, four), (.ipv6, six)])
    func `when one family has been silent for the resolution delay`(family: AddressFamilies, first: Destination) throws
    {
        var dial = try Self.dial()
        #expect(dial.answered(.system([], settling: family), all: [first], at: at(10)).words == [])
        #expect(dial.wakeTime == at(60))
        #expect(dial.advance(to: at(59)).words == [])
        #expect(dial.advance(to: at(60)).words == ["early answer"])
        #expect(dial.report.unanswered == AddressFamilies.both.subtracting(family))
        #expect(dial.report.lookup == at(60))
        // Once, and the whole answer comes as it does without.
        #expect(dial.wakeTime == at(5_000))
        #expect(dial.advance(to: at(61)).words == [])
        let rest = AddressFamilies.both.subtracting(family)
        #expect(dial.answered(.system([], settling: rest), all: [six, four], at: at(900)).words == [])
        #expect(dial.wakeTime == at(5_000))
        #expect(dial.lookupEnded(nil, at: at(900)).words == ["answered"])
    }

    @Test func `and the silent family's timeout brings the answer as it is`() throws {
        var dial = try Self.dial()
        _ = dial.answered(.system([], settling: .ipv4), all: [four], at: at(10))
        #expect(dial.advance(to: at(60)).words == ["early answer"])
        #expect(dial.advance(to: at(5_000)).words == ["leave the lookup", "answered"])
    }

    @Test func `but not where all of it comes within the delay`() throws {
        var dial = try Self.dial()
        _ = dial.answered(.system([], settling: .ipv4), all: [four], at: at(10))
        _ = dial.answered(.system([], settling: .ipv6), all: [six, four], at: at(59))
        #expect(dial.lookupEnded(nil, at: at(59)).words == ["answered"])
        #expect(dial.advance(to: at(60)).words == [])
        #expect(dial.wakeTime == nil)
    }

    @Test func `nor where both families have answered at once, or nobody wants it`() throws {
        var whole = try Self.dial()
        _ = whole.answered(.system([]), all: [six, four], at: at(10))
        #expect(whole.wakeTime == at(5_000))
        var unwanted = try Self.dial(false)
        _ = unwanted.answered(.system([], settling: .ipv4), all: [four], at: at(10))
        #expect(unwanted.wakeTime == at(5_000))
        #expect(unwanted.advance(to: at(60)).words == [])
    }

    @Test func `nor as long as there is no address that the policy lets through`() throws {
        let policy = AddressPolicy { address, _, _ in address != Destinations.four1 }
        var dial = try Self.dial(policy: policy)
        _ = dial.answered(.system([], settling: .ipv4), all: [four], at: at(10))
        #expect(dial.wakeTime == at(5_000))
        var empty = try Self.dial()
        _ = empty.answered(.system([], settling: .ipv4), all: [], at: at(10))
        #expect(empty.wakeTime == at(5_000))
    }

    @Test func `by a resolve, whose own answer comes later`() async throws {
        let world = ScriptedWorld()
        let early = NIOLockedValueBox<[Answer]>([])
        async let resolved = world.dialer.resolve("db.test", port: 80) { answer in
            early.withLockedValue { $0.append(answer) }
        }
        let lookup = try await world.resolver.nextLookup()
        lookup.start()
        await world.clock.sleepers()
        let before = ContinuousClock.now
        lookup.answer([Destinations.four1], settling: .ipv4, timeToLive: .seconds(60))
        await world.clock.advance(to: at(49))
        #expect(early.withLockedValue { $0.isEmpty })
        await world.clock.advance(to: at(50))
        let told = try #require(early.withLockedValue { $0.first })
        #expect(told.endpoints == [four.endpoint])
        #expect(told.target.host == "db.test")
        #expect(told.report.unanswered == .ipv6)
        #expect(try (before + .seconds(59) ... .now + .seconds(60)).contains(#require(told.expires)))
        #expect(lookup.isInFlight)
        lookup.answer([Destinations.six1], settling: .ipv6)
        lookup.end()
        let answer = try await resolved
        #expect(Set(answer.endpoints) == [six.endpoint, four.endpoint])
        #expect(answer.report.unanswered == [])
        #expect(early.withLockedValue { $0.count } == 1)
        #expect(world.isClean())
    }
}
