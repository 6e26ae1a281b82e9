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

@Suite struct `RFC 8305 section 3: answers as they come` {
    @Test func `IPv6 addresses start at once, with IPv4 still awaited`() {
        var race = ConnectionRace(awaiting: .both)
        #expect(race.answered([six1], settling: .ipv6, at: at(5)) == [.start(six1)])
        #expect(race.awaited == .ipv4)
    }

    @Test func `IPv4 addresses that come first wait for the resolution delay`() {
        var race = ConnectionRace(awaiting: .both)
        #expect(race.answered([four1], settling: .ipv4, at: at(5)) == [])
        #expect(race.wakeTime == at(55))
        #expect(race.advance(to: at(54)) == [])
        #expect(race.advance(to: at(55)) == [.start(four1)])
    }

    @Test func `an IPv6 answer within the delay goes first`() {
        var race = ConnectionRace(awaiting: .both)
        #expect(race.answered([four1], settling: .ipv4, at: at(5)) == [])
        #expect(race.answered([six1, four1], settling: .ipv6, at: at(30)) == [.start(six1)])
        #expect(race.wakeTime == at(280))
        #expect(race.advance(to: at(280)) == [.start(four1)])
    }

    @Test func `a negative IPv6 answer ends the wait`() {
        var race = ConnectionRace(awaiting: .both)
        #expect(race.answered([four1], settling: .ipv4, at: at(5)) == [])
        #expect(race.answered([four1], settling: .ipv6, at: at(9)) == [.start(four1)])
    }

    @Test func `the end of the lookup ends the wait`() {
        var race = ConnectionRace(awaiting: .both)
        #expect(race.answered([four1], settling: .ipv4, at: at(5)) == [])
        #expect(race.answersEnded(at: at(9)) == [.start(four1)])
    }

    @Test func `a later IPv4 answer does not lengthen the wait`() {
        var race = ConnectionRace(awaiting: .both)
        #expect(race.answered([four1], settling: [], at: at(5)) == [])
        #expect(race.answered([four1, four2], settling: .ipv4, at: at(40)) == [])
        #expect(race.wakeTime == at(55))
    }

    @Test func `late answers join a running race`() {
        var race = ConnectionRace(awaiting: .both)
        #expect(race.answered([six1], settling: .ipv6, at: .zero) == [.start(six1)])
        #expect(race.wakeTime == nil)
        #expect(race.answered([six1, four1], settling: .ipv4, at: at(100)) == [])
        #expect(race.wakeTime == at(250))
        #expect(race.advance(to: at(250)) == [.start(four1)])
    }

    @Test func `an answer after the attempt delay has passed starts at once`() {
        var race = ConnectionRace(awaiting: .both)
        #expect(race.answered([six1], settling: .ipv6, at: .zero) == [.start(six1)])
        #expect(race.answered([six1, four1], settling: .ipv4, at: at(300)) == [.start(four1)])
    }
}

@Suite struct `RFC 8305 section 4: families take turns` {
    @Test func `the order is kept and the families are interleaved`() {
        var race = ConnectionRace(awaiting: [])
        #expect(race.answered([six1, six2, four1, four2], settling: .both, at: .zero) == [.start(six1)])
        #expect(race.advance(to: at(250)) == [.start(four1)])
        #expect(race.advance(to: at(500)) == [.start(six2)])
        #expect(race.advance(to: at(750)) == [.start(four2)])
        #expect(race.wakeTime == nil)
    }

    @Test func `the first family may lead by more than one`() {
        var race = ConnectionRace(awaiting: [], RaceConfiguration(firstFamilyCount: 2))
        #expect(race.answered([six1, six2, six3, four1, four2], settling: .both, at: .zero) == [.start(six1)])
        #expect(race.failed(six1, at: at(1)) == [.start(six2)])
        #expect(race.failed(six2, at: at(2)) == [.start(four1)])
        #expect(race.failed(four1, at: at(3)) == [.start(six3)])
        #expect(race.failed(six3, at: at(4)) == [.start(four2)])
        #expect(race.failed(four2, at: at(5)) == [.exhaust])
    }

    @Test func `the system's order decides which family goes first`() {
        var race = ConnectionRace(awaiting: [])
        #expect(race.answered([four1, six1], settling: .both, at: .zero) == [.start(four1)])
        #expect(race.failed(four1, at: at(1)) == [.start(six1)])
    }
}

@Suite struct `RFC 8305 section 5: attempts` {
    @Test func `a silent attempt keeps the next one waiting for the attempt delay`() {
        var race = ConnectionRace(awaiting: [], RaceConfiguration(attemptDelay: at(100)))
        #expect(race.answered([six1, four1], settling: .both, at: at(7)) == [.start(six1)])
        #expect(race.advance(to: at(106)) == [])
        #expect(race.wakeTime == at(107))
        #expect(race.advance(to: at(107)) == [.start(four1)])
    }

    @Test func `a definite failure starts the next attempt at once`() {
        var race = ConnectionRace(awaiting: [])
        #expect(race.answered([six1, four1], settling: .both, at: .zero) == [.start(six1)])
        #expect(race.failed(six1, at: at(3)) == [.start(four1)])
        #expect(race.wakeTime == nil)
    }

    @Test func `no more attempts are under way than may be, and the next one starts when one ends`() {
        var race = ConnectionRace(awaiting: [], RaceConfiguration(concurrentAttemptLimit: 2))
        #expect(race.answered([six1, four1, six2, four2], settling: .both, at: at(0)) == [.start(six1)])
        #expect(race.advance(to: at(250)) == [.start(four1)])
        #expect(race.wakeTime == nil)
        #expect(race.advance(to: at(5_000)) == [])
        #expect(race.failed(six1, at: at(5_001)) == [.start(six2)])
        #expect(race.failed(four1, at: at(5_002)) == [.start(four2)])
        #expect(race.connected(four2) == [.abandon(six2), .succeed(four2)])
    }

    @Test(arguments: [0, -1, 1])
    func `one attempt may always be under way`(concurrentAttemptLimit: Int) {
        var race = ConnectionRace(awaiting: [], RaceConfiguration(concurrentAttemptLimit: concurrentAttemptLimit))
        #expect(race.answered([six1, four1], settling: .both, at: at(0)) == [.start(six1)])
        #expect(race.advance(to: at(9_000)) == [])
        #expect(race.failed(six1, at: at(9_001)) == [.start(four1)])
    }

    @Test func `the winner's losers are abandoned before it succeeds`() {
        var race = ConnectionRace(awaiting: [])
        _ = race.answered([six1, four1, six2], settling: .both, at: .zero)
        _ = race.advance(to: at(250))
        _ = race.advance(to: at(500))
        #expect(race.connected(four1) == [.abandon(six1), .abandon(six2), .succeed(four1)])
        #expect(!race.isInFlight)
        #expect(race.wakeTime == nil)
    }

    @Test func `attempts never start together, however late the loop comes`() {
        var race = ConnectionRace(awaiting: [])
        #expect(race.answered([six1, four1, six2], settling: .both, at: .zero) == [.start(six1)])
        #expect(race.advance(to: at(5_000)) == [.start(four1)])
        #expect(race.advance(to: at(5_000)) == [])
        #expect(race.wakeTime == at(5_250))
    }

    @Test func `once one has connected, what was not tried is ignored`() {
        var race = ConnectionRace(awaiting: .both)
        _ = race.answered([six1, six2], settling: .ipv6, at: .zero)
        #expect(race.connected(six1) == [.succeed(six1)])
        #expect(race.advance(to: at(9_000)) == [])
        #expect(race.answered([six1, six2, four1], settling: .ipv4, at: at(9_001)) == [])
        #expect(race.wakeTime == nil)
    }

    @Test func `a loser that connects after all is closed`() {
        var race = ConnectionRace(awaiting: [])
        _ = race.answered([six1, four1], settling: .both, at: .zero)
        _ = race.advance(to: at(250))
        _ = race.connected(six1)
        #expect(race.connected(four1) == [.abandon(four1)])
        #expect(race.failed(four1, at: at(400)) == [])
    }

    @Test func `when all have failed and nothing is awaited, the race is exhausted, once`() {
        var race = ConnectionRace(awaiting: [])
        _ = race.answered([six1, four1], settling: .both, at: .zero)
        _ = race.failed(six1, at: at(1))
        #expect(race.failed(four1, at: at(2)) == [.exhaust])
        #expect(race.failed(four1, at: at(3)) == [])
        #expect(race.advance(to: at(9)) == [])
    }

    @Test func `a race with failures waits for the family that is awaited`() {
        var race = ConnectionRace(awaiting: .both)
        _ = race.answered([six1], settling: .ipv6, at: .zero)
        #expect(race.failed(six1, at: at(1)) == [])
        #expect(race.answersEnded(at: at(2)) == [.exhaust])
    }

    @Test func `no address is tried twice, however often it is answered`() {
        var race = ConnectionRace(awaiting: .both)
        #expect(race.answered([six1, six1], settling: [], at: .zero) == [.start(six1)])
        #expect(race.answered([six1, four1], settling: .ipv6, at: at(1)) == [])
        #expect(race.failed(six1, at: at(2)) == [.start(four1)])
        #expect(race.answered([six1, four1], settling: .ipv4, at: at(3)) == [])
        #expect(race.failed(four1, at: at(4)) == [.exhaust])
    }

    @Test func `cancelling abandons everything under way, and nothing follows`() {
        var race = ConnectionRace(awaiting: .both)
        _ = race.answered([six1, four1], settling: .ipv6, at: .zero)
        _ = race.advance(to: at(250))
        #expect(race.cancel() == [.abandon(six1), .abandon(four1)])
        #expect(race.cancel() == [])
        #expect(race.answered([six1, four1, four2], settling: .ipv4, at: at(260)) == [])
    }

    @Test func `reports about an attempt that is not under way change nothing`() {
        var race = ConnectionRace(awaiting: [])
        _ = race.answered([six1, four1], settling: .both, at: .zero)
        #expect(race.failed(four1, at: at(1)) == [])
        #expect(race.connected(four1) == [])
        #expect(race.isInFlight)
    }
}

@Suite struct `The bounds of a race` {
    @Test func `an attempt that is silent for its whole timeout is given up, and the next one starts at once`() {
        var race = ConnectionRace(awaiting: [], RaceConfiguration(attemptTimeout: at(200)))
        #expect(race.answered([six1, four1], settling: .both, at: at(5)) == [.start(six1)])
        #expect(race.wakeTime == at(205))
        #expect(race.advance(to: at(204)) == [])
        #expect(race.advance(to: at(205)) == [.giveUp(six1), .start(four1)])
        #expect(race.connected(six1) == [])
        #expect(race.advance(to: at(405)) == [.giveUp(four1), .exhaust])
    }

    @Test func `where few may be under way, a timeout for each keeps those that hang from blocking the good one`() {
        var race = ConnectionRace(awaiting: [], RaceConfiguration(concurrentAttemptLimit: 1, attemptTimeout: at(300)))
        #expect(race.answered([six1, four1], settling: .both, at: at(0)) == [.start(six1)])
        #expect(race.wakeTime == at(300))
        #expect(race.advance(to: at(300)) == [.giveUp(six1), .start(four1)])
        #expect(race.connected(four1) == [.succeed(four1)])
    }

    @Test func `the race's own timeout runs from the first attempt, and ends everything`() {
        var race = ConnectionRace(awaiting: .both, .ending(after: at(400)))
        #expect(race.answered([six1, four1], settling: .ipv6, at: at(1_000)) == [.start(six1)])
        #expect(race.advance(to: at(1_250)) == [.start(four1)])
        #expect(race.wakeTime == at(1_400))
        #expect(race.advance(to: at(1_399)) == [])
        #expect(race.advance(to: at(1_400)) == [.giveUp(six1), .giveUp(four1), .expire])
        #expect(race.wakeTime == nil)
    }

    @Test func `timeouts are looked at when time passes, not when another attempt fails`() {
        // The driver asks one socket after the other: the second has connected, and is asked next.
        var race = ConnectionRace(awaiting: [], .ending(after: at(400), attemptTimeout: at(300)))
        _ = race.answered([six1, four1], settling: .both, at: at(0))
        #expect(race.advance(to: at(250)) == [.start(four1)])
        #expect(race.failed(six1, at: at(900)) == [])
        #expect(race.connected(four1) == [.succeed(four1)])
    }

    @Test(arguments: [
        (10, 100), (33, 100), (34, 102), (100, 300), (600, 1_800), (700, 2_000),
    ])
    func `a known round trip times the next attempt to the first one's retransmission`(roundTrip: Int, delay: Int) {
        var race = ConnectionRace(awaiting: [])
        race.expect(at(roundTrip), to: six1)
        #expect(race.answered([six1, four1, six2], settling: .both, at: at(1)) == [.start(six1)])
        #expect(race.wakeTime == at(1 + delay))
        // Nothing is known about the second.
        #expect(race.advance(to: at(1 + delay)) == [.start(four1)])
        #expect(race.wakeTime == at(1 + delay + 250))
    }

    @Test func `the least delay that is made of a round trip can be brought down to the hard floor`() {
        var race = ConnectionRace(awaiting: [], RaceConfiguration(minimumAttemptDelay: at(1)))
        race.expect(.microseconds(50), to: six1)
        #expect(race.answered([six1, four1], settling: .both, at: at(0)) == [.start(six1)])
        #expect(race.wakeTime == at(10))
    }
}

@Suite struct `A shortage of sockets` {
    @Test func `the address goes first again when there may be one, and no clock asks for it`() {
        var race = ConnectionRace(awaiting: [])
        #expect(race.answered([six1, four1], settling: .both, at: .zero) == [.start(six1)])
        #expect(race.postponed(six1) == [])
        #expect(race.isShortOfSockets)
        #expect(!race.isInFlight)
        #expect(race.wakeTime == nil)
        #expect(race.advance(to: at(5_000)) == [])
        #expect(race.socketMayBeHad(at: at(5_001)) == [.start(six1)])
        #expect(!race.isShortOfSockets)
        #expect(race.socketMayBeHad(at: at(5_001)) == [])
    }

    @Test func `a race that is short and held starts when both are over, not before`() {
        var race = ConnectionRace(awaiting: .both)
        #expect(race.answered([six1], settling: [], at: at(0)) == [.start(six1)])
        #expect(race.postponed(six1) == [])
        // The IPv6 address is gone again, and IPv4 waits for others of its kind.
        #expect(race.answered([four1], settling: .ipv4, at: at(1)) == [])
        #expect(race.wakeTime == nil)
        #expect(race.socketMayBeHad(at: at(5)) == [])
        #expect(race.wakeTime == at(51))
        #expect(race.advance(to: at(51)) == [.start(four1)])
    }

    @Test func `an attempt that could not begin starts no clock`() {
        var race = ConnectionRace(awaiting: [], .ending(after: at(100)))
        #expect(race.answered([six1], settling: .both, at: at(0)) == [.start(six1)])
        #expect(race.postponed(six1) == [])
        #expect(race.socketMayBeHad(at: at(90)) == [.start(six1)])
        #expect(race.wakeTime == at(190))
    }

    @Test func `an attempt that ends gives its socket to the one that waits`() {
        var race = ConnectionRace(awaiting: [])
        _ = race.answered([six1, four1], settling: .both, at: .zero)
        #expect(race.advance(to: at(250)) == [.start(four1)])
        #expect(race.postponed(four1) == [])
        #expect(race.failed(six1, at: at(260)) == [.start(four1)])
    }
}

@Suite struct `RFC 8305 section 6: answers that change` {
    @Test func `an address that is gone and was not tried is not tried any more`() {
        var race = ConnectionRace(awaiting: .both)
        #expect(race.answered([six1, six2], settling: [], at: .zero) == [.start(six1)])
        #expect(race.answered([six1, six3], settling: .ipv6, at: at(10)) == [])
        #expect(race.failed(six1, at: at(20)) == [.start(six3)])
        #expect(race.answersEnded(at: at(21)) == [])
        #expect(race.failed(six3, at: at(22)) == [.exhaust])
    }

    @Test func `an attempt whose address is gone goes on, and may win`() {
        var race = ConnectionRace(awaiting: .both)
        #expect(race.answered([six1], settling: [], at: .zero) == [.start(six1)])
        #expect(race.answered([six2], settling: .ipv6, at: at(300)) == [.start(six2)])
        #expect(race.connected(six1) == [.abandon(six2), .succeed(six1)])
    }

    @Test func `an address that is added has its place as if it had been there from the start`() {
        var race = ConnectionRace(awaiting: .both)
        #expect(race.answered([six1, six2], settling: .ipv6, at: .zero) == [.start(six1)])
        #expect(race.answered([six1, six2, four1], settling: .ipv4, at: at(10)) == [])
        // Ahead of the IPv6 address that had been waiting, because the families take turns.
        #expect(race.advance(to: at(250)) == [.start(four1)])
        #expect(race.advance(to: at(500)) == [.start(six2)])
    }
}

@Suite struct `RFC 8305 section 8: the delays' bounds` {
    @Test func `the defaults are the RFC's`() {
        let standard = RaceConfiguration.standard
        #expect(standard.rules == .rfc8305)
        #expect(standard.resolutionDelay == at(50))
        #expect(standard.attemptDelay == at(250))
        #expect(standard.minimumAttemptDelay == at(100))
        #expect(RaceConfiguration.attemptDelayBounds == at(10)...at(2_000))
        #expect(standard.firstFamilyCount == 1)
    }

    @Test(arguments: [(0, 10), (9, 10), (10, 10), (250, 250), (2_000, 2_000), (2_001, 2_000)])
    func `the attempt delay stays within 10 ms and 2 s`(asked: Int, given: Int) {
        #expect(RaceConfiguration(attemptDelay: at(asked)).attemptDelay == at(given))
    }

    @Test func `a negative resolution delay is none`() {
        #expect(RaceConfiguration(resolutionDelay: at(-1)).resolutionDelay == .zero)
    }
}

extension RaceConfiguration {
    /// A race that may last no longer, answers awaited included.
    fileprivate static func ending(after timeout: Duration, attemptTimeout: Duration? = nil) -> RaceConfiguration {
        var configuration = RaceConfiguration(attemptTimeout: attemptTimeout)
        configuration.timeout = timeout
        return configuration
    }
}
