// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import SystemSupport
import Testing

@testable import FairDial

private let six1 = Destinations.to(Destinations.six1)
private let six2 = Destinations.to(Destinations.six2)
private let six3 = Destinations.to(Destinations.six3)
private let four1 = Destinations.to(Destinations.four1)
private let four2 = Destinations.to(Destinations.four2)

private let version3 = RaceConfiguration(rules: .version3)

/// The time lines that the draft draws, each with its own numbers: answers come 30 ms after the questions.
@Suite struct `Version 3 section 4.2: the worked examples` {
    @Test func `dual stack, AAAA slightly before A`() {
        var race = ConnectionRace(awaiting: .both, services: true, version3)
        #expect(race.answered([], settling: [], services: true, at: at(30)) == [])
        #expect(race.answered([six1, six2], settling: .ipv6, at: at(30)) == [.start(six1)])
        #expect(race.answered([six1, six2, four1, four2], settling: .ipv4, at: at(32)) == [])
        #expect(race.wakeTime == at(280))
        #expect(race.advance(to: at(280)) == [.start(four1)])
        #expect(race.advance(to: at(530)) == [.start(six2)])
    }

    @Test func `A before AAAA, which comes within the delay`() {
        var race = ConnectionRace(awaiting: .both, services: true, version3)
        #expect(race.answered([], settling: [], services: true, at: at(30)) == [])
        #expect(race.answered([four1, four2], settling: .ipv4, at: at(30)) == [])
        #expect(race.wakeTime == at(80))
        #expect(race.answered([six1, six2, four1, four2], settling: .ipv6, at: at(40)) == [.start(six1)])
        #expect(race.wakeTime == at(290))
    }

    @Test func `A long before AAAA`() {
        var race = ConnectionRace(awaiting: .both, services: true, version3)
        #expect(race.answered([], settling: [], services: true, at: at(30)) == [])
        #expect(race.answered([four1, four2], settling: .ipv4, at: at(30)) == [])
        #expect(race.advance(to: at(79)) == [])
        #expect(race.advance(to: at(80)) == [.start(four1)])
        #expect(race.answered([six1, six2, four1, four2], settling: .ipv6, at: at(180)) == [])
        #expect(race.advance(to: at(330)) == [.start(six1)])
    }

    @Test func `service bindings slightly late`() {
        var race = ConnectionRace(awaiting: .both, services: true, version3)
        #expect(race.answered([six1, six2, four1, four2], settling: .both, at: at(30)) == [])
        #expect(race.wakeTime == at(80))
        let everything: Candidates = [six1, six2, four1, four2]
        #expect(race.answered(everything, settling: [], services: true, at: at(40)) == [.start(six1)])
    }

    @Test func `service bindings very late, or never`() {
        var race = ConnectionRace(awaiting: .both, services: true, version3)
        #expect(race.answered([six1, six2, four1, four2], settling: .both, at: at(30)) == [])
        #expect(race.advance(to: at(79)) == [])
        #expect(race.advance(to: at(80)) == [.start(six1)])
        // While they are awaited the race is not lost.
        #expect(race.failed(six1, at: at(81)) == [.start(four1)])
        #expect(race.failed(four1, at: at(82)) == [.start(six2)])
        #expect(race.failed(six2, at: at(83)) == [.start(four2)])
        #expect(race.failed(four2, at: at(84)) == [])
        #expect(race.answersEnded(at: at(85)) == [.exhaust])
    }

    @Test func `AAAA late, and hints are there`() {
        var race = ConnectionRace(awaiting: .both, services: true, version3)
        #expect(race.answered([six1, four1], settling: [], services: true, at: at(30)) == [.start(six1)])
        #expect(race.advance(to: at(280)) == [.start(four1)])
    }

    @Test func `IPv4 alone, service bindings slightly late`() {
        var race = ConnectionRace(awaiting: .ipv4, services: true, version3)
        #expect(race.answered([four1, four2], settling: .ipv4, at: at(30)) == [])
        #expect(race.wakeTime == at(80))
        let both: Candidates = [four1, four2]
        #expect(race.answered(both, settling: [], services: true, at: at(40)) == [.start(four1)])
    }
}

@Suite struct `Version 3 section 4.2: when to start` {
    @Test func `a negative answer in the preferred family is an answer`() {
        var race = ConnectionRace(awaiting: .both, version3)
        #expect(race.answered([four1], settling: .ipv4, at: at(30)) == [])
        #expect(race.answered([four1], settling: .ipv6, at: at(35)) == [.start(four1)])
    }

    @Test func `the delay begins with the first address, not with a negative answer`() {
        var race = ConnectionRace(awaiting: .both, services: true, version3)
        #expect(race.answered([], settling: .ipv6, at: at(10)) == [])
        #expect(race.wakeTime == nil)
        #expect(race.answered([four1], settling: .ipv4, at: at(500)) == [])
        #expect(race.wakeTime == at(550))
    }

    @Test func `hints of the other family do not stand for the preferred one's answer`() {
        var race = ConnectionRace(awaiting: .both, services: true, version3)
        #expect(race.answered([four1], settling: [], services: true, at: at(30)) == [])
        #expect(race.advance(to: at(80)) == [.start(four1)])
    }

    @Test func `version 2 waits for no service bindings`() {
        var race = ConnectionRace(awaiting: .both, services: true)
        #expect(race.answered([six1], settling: .ipv6, at: at(30)) == [.start(six1)])
    }

    @Test func `what is awaited because of bindings keeps the race alive, and holds it for better ones`() {
        var race = ConnectionRace(awaiting: .both, services: true, version3)
        #expect(race.answered([six1], settling: .both, at: at(10)) == [])
        // The bindings lead to another name, of which nothing is known yet.
        #expect(race.answered([six1], awaiting: .both, services: true, at: at(20)) == [])
        #expect(race.wakeTime == at(60))
        #expect(race.answered([six2, six1], awaiting: .ipv4, services: false, at: at(30)) == [.start(six2)])
        #expect(race.failed(six2, at: at(31)) == [.start(six1)])
        #expect(race.failed(six1, at: at(32)) == [])
        #expect(race.answered([six2, six1], awaiting: [], services: false, at: at(33)) == [.exhaust])
    }

    @Test func `negative answers alone end the race once nothing is awaited`() {
        var race = ConnectionRace(awaiting: .both, services: true, version3)
        #expect(race.answered([], settling: .both, at: at(30)) == [])
        #expect(race.answered([], settling: [], services: true, at: at(31)) == [.exhaust])
    }
}

@Suite struct `Version 3 section 5: groups` {
    @Test func `all of a group start before one of the next, and families take turns within each`() {
        var race = ConnectionRace(awaiting: [], version3)
        let candidates = Candidates(groups: [[six1, six2, four1], [], [six3, four2]])
        #expect(race.answered(candidates, settling: .both, at: at(0)) == [.start(six1)])
        #expect(race.failed(six1, at: at(1)) == [.start(four1)])
        #expect(race.failed(four1, at: at(2)) == [.start(six2)])
        // The families go on taking turns where one group meets the next.
        #expect(race.failed(six2, at: at(3)) == [.start(four2)])
        #expect(race.failed(four2, at: at(4)) == [.start(six3)])
        #expect(race.failed(six3, at: at(5)) == [.exhaust])
    }

    @Test func `attempts of several groups run side by side`() {
        var race = ConnectionRace(awaiting: [], version3)
        #expect(race.answered(Candidates(groups: [[six1], [six2]]), settling: .both, at: at(0)) == [.start(six1)])
        #expect(race.advance(to: at(250)) == [.start(six2)])
        #expect(race.connected(six1) == [.abandon(six2), .succeed(six1)])
    }

    @Test func `a destination of two groups is tried once, in the better one`() {
        var race = ConnectionRace(awaiting: [], version3)
        let candidates = Candidates(groups: [[six1], [six1, six2]])
        #expect(race.answered(candidates, settling: .both, at: at(0)) == [.start(six1)])
        #expect(race.failed(six1, at: at(1)) == [.start(six2)])
        #expect(race.failed(six2, at: at(2)) == [.exhaust])
    }

    @Test func `what is left out leaves the groups as they are`() {
        let candidates = Candidates(groups: [[six1, four1], [four2], [six2, six3]])
        let left = candidates.filter { $0.family == .ipv6 }
        #expect(left == Candidates(groups: [[six1], [six2, six3]]))
        #expect(left.groupEnds == [1])
        #expect(candidates.groupEnds == [2, 3])
    }
}
