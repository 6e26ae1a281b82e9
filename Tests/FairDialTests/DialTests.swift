// SPDX-License-Identifier: Apache-2.0

import Foundation
import IPAddresses
import NIOCore
import NameResolution
import Testing

@testable import FairDial

private let six = Destinations.to(Destinations.six1)
private let four = Destinations.to(Destinations.four1)

@Suite struct `A dial, from the name to the channel` {
    @Test func `a name is looked up, its address opened, and the winner handed over`() throws {
        var dial = Dial(try .about())
        #expect(dial.start(at: .zero).words == ["look up"])
        dial.noteQueue(at: at(1))
        dial.lookupStarted(at: at(11))
        #expect(dial.answered(.system([Destinations.four1]), all: [four], at: at(31)).words == ["open \(four)"])
        #expect(dial.lookupEnded(nil, at: at(31)).words == [])
        #expect(dial.connected(four, at: at(35)).words == ["hand over \(four)"])
        dial.handOverBegins(at: at(35))
        let end = dial.ready(at: at(36))
        #expect(end.words == ["connected to \(four)"])
        let report = try #require(end.report)
        #expect(report.queue == at(10))
        #expect(report.lookup == at(21))
        #expect(report.connect == at(4))
        #expect(report.handshake == nil)
        #expect(report.source == .system)
        #expect(report.attempts.map(\.outcome) == [.connected])
        #expect(report.attempts.map(\.started) == [at(31)])
        #expect(report.attempts.map(\.ended) == [at(35)])
        #expect(dial.wakeTime == nil)
    }

    @Test func `known destinations open without a lookup, at time zero`() throws {
        var dial = Dial(try .about(nil))
        #expect(dial.start(with: [six, four], from: .numeric, at: .zero).words == ["open \(six)"])
        #expect(dial.wakeTime == at(250))
        #expect(dial.advance(to: at(250)).words == ["open \(four)"])
        #expect(dial.connected(four, at: at(251)).words == ["close \(six)", "hand over \(four)"])
        let end = dial.ready(at: at(252))
        #expect(end.report?.queue == .zero)
        #expect(end.report?.lookup == .zero)
        #expect(end.report?.connect == at(251))
        #expect(end.report?.source == .numeric)
        #expect(end.report?.attempts.map(\.outcome) == [.abandoned, .connected])
    }

    @Test func `a socket is what is wanted: nothing is handed over`() throws {
        var dial = Dial(try .about(nil, goal: .socket))
        _ = dial.start(with: [four], from: .numeric, at: .zero)
        #expect(dial.connected(four, at: at(3)).words == ["connected to \(four)"])
    }

    @Test func `the starting line is told once, before the first attempt`() throws {
        var dial = Dial(try .about(tellsStart: true))
        _ = dial.start(at: .zero)
        #expect(dial.answered(.system([]), all: [six, four], at: at(5)).words == ["starting line", "open \(six)"])
        #expect(dial.failed(six, AttemptFailure(errorNumber: 111), at: at(6), toldAt: at(6)).words == ["open \(four)"])
    }

    @Test func `the starting line is told after a lookup that had to wait for a descriptor`() throws {
        var dial = Dial(try .about(tellsStart: true))
        _ = dial.start(at: .zero)
        _ = dial.lookupEnded(ResolutionError(.noDescriptor, "none"), at: at(1))
        #expect(dial.takeTurn(at: at(6)).words == ["look up"])
        #expect(dial.answered(.system([]), all: [four], at: at(7)).words == ["starting line", "open \(four)"])
    }
}

@Suite struct `Rule 5: each clock has its own timeout` {
    @Test func `the queue's time is taken from no other clock`() throws {
        var dial = Dial(try .about())
        _ = dial.start(at: .zero)
        dial.noteQueue(at: .zero)
        dial.lookupStarted(at: .milliseconds(29_999))
        #expect(dial.wakeTime == at(34_999))
        _ = dial.answered(.system([]), all: [four], at: at(34_998))
        _ = dial.lookupEnded(nil, at: at(34_998))
        #expect(dial.wakeTime == at(36_998))
        #expect(dial.connected(four, at: at(36_997)).words == ["hand over \(four)"])
    }

    @Test func `no place within the queue's timeout is queueTimeout`() throws {
        var dial = Dial(try .about())
        _ = dial.start(at: .zero)
        dial.noteQueue(at: .zero)
        #expect(dial.advance(to: at(29_999)).words == [])
        let end = dial.advance(to: at(30_000))
        #expect(end.words == ["leave the lookup", "failed: queueTimeout"])
        #expect(end.report?.queue == at(30_000))
        #expect(end.error?.fault == .machine)
        #expect(end.error?.isRetryable == true)
    }

    @Test func `no answer within the lookup's timeout is lookupTimeout`() throws {
        var dial = Dial(try .about())
        _ = dial.start(at: .zero)
        dial.lookupStarted(at: .zero)
        let end = dial.advance(to: at(5_000))
        #expect(end.words == ["leave the lookup", "failed: lookupTimeout"])
        #expect(end.error?.message == "the lookup was not answered within 5 s")
        #expect(end.error?.fault == .nameService)
        #expect(end.report?.unanswered == .both)
    }

    @Test func `no connection within the connect timeout is connectTimeout, and names what was tried`() throws {
        var dial = Dial(try .about(nil))
        _ = dial.start(with: [six, four], from: .numeric, at: .zero)
        _ = dial.advance(to: at(250))
        let end = dial.advance(to: at(2_000))
        #expect(end.words == ["close \(six)", "close \(four)", "failed: connectTimeout"])
        #expect(
            end.error?.message
                == "no attempt connected within 2 s: [2001:db8::1]:80 timed-out, 192.0.2.1:80 timed-out"
        )
        #expect(end.report?.attempts.map(\.outcome) == [.timedOut, .timedOut])
        #expect(end.error?.fault == .network)
    }

    @Test func `not ready within the handshake's timeout is handshakeTimeout, and the channel is closed`() throws {
        var dial = Dial(try .about(nil, awaitsReadiness: true))
        _ = dial.start(with: [four], from: .numeric, at: .zero)
        _ = dial.connected(four, at: at(5))
        dial.handOverBegins(at: at(5))
        #expect(dial.wakeTime == at(1_005))
        let end = dial.advance(to: at(1_005))
        #expect(end.words == ["close the winner", "failed: handshakeTimeout"])
        #expect(end.report?.handshake == at(1_000))
        #expect(end.error?.fault == .peer)
    }

    @Test func `the lookup's clock runs again while no attempt is under way and an answer is awaited`() throws {
        var dial = Dial(try .about())
        _ = dial.start(at: .zero)
        dial.lookupStarted(at: .zero)
        _ = dial.answered(.system([], settling: .ipv6), all: [six], at: at(100))
        _ = dial.failed(six, AttemptFailure(errorNumber: 111), at: at(150), toldAt: at(150))
        #expect(dial.wakeTime == at(5_050))
        #expect(dial.answered(.system([], settling: .ipv4), all: [six, four], at: at(1_150)).words == ["open \(four)"])
        _ = dial.connected(four, at: at(1_160))
        let report = try #require(dial.ready(at: at(1_160)).report)
        #expect(report.lookup == at(1_100))
        #expect(report.connect == at(60))
    }

    @Test func `the resolution delay belongs to the lookup`() throws {
        var dial = Dial(try .about())
        _ = dial.start(at: .zero)
        dial.lookupStarted(at: .zero)
        #expect(dial.answered(.system([], settling: .ipv4), all: [four], at: at(100)).words == [])
        #expect(dial.advance(to: at(150)).words == ["open \(four)"])
        _ = dial.connected(four, at: at(160))
        let report = try #require(dial.ready(at: at(160)).report)
        #expect(report.lookup == at(150))
        #expect(report.connect == at(10))
        #expect(report.unanswered == .ipv6)
    }

    @Test func `a deadline bounds all the clocks together`() throws {
        var dial = Dial(try .about(deadline: .seconds(3)))
        _ = dial.start(at: .zero)
        dial.noteQueue(at: .zero)
        dial.lookupStarted(at: at(1_000))
        _ = dial.answered(.system([]), all: [four], at: at(2_500))
        #expect(dial.wakeTime == at(3_000))
        let end = dial.advance(to: at(3_000))
        #expect(end.words == ["leave the lookup", "close \(four)", "failed: deadlineExceeded"].sortedLikeDial)
        #expect(end.report?.total == at(3_000))
        #expect(end.error?.fault == .caller)
    }

    @Test func `a timeout of zero fails as soon as its stage must wait, and only then`() throws {
        let none = FilledTimeouts(queue: .zero, lookup: .zero, connect: .zero, handshake: .zero)
        var dial = Dial(try .about(nil, timeouts: none))
        _ = dial.start(with: [four], from: .numeric, at: .zero)
        #expect(dial.connected(four, at: .zero).words == ["hand over \(four)"])
        #expect(dial.ready(at: .zero).words == ["connected to \(four)"])
        var waiting = Dial(try .about(nil, timeouts: none))
        _ = waiting.start(with: [four], from: .numeric, at: .zero)
        #expect(waiting.advance(to: .zero).words == ["close \(four)", "failed: connectTimeout"])
    }
}

extension [String] {
    /// The dial closes its sockets before it leaves the lookup.
    fileprivate var sortedLikeDial: [String] {
        filter { $0.hasPrefix("close") } + filter { !$0.hasPrefix("close") }
    }
}

@Suite struct `Rule 6: a late whistle is not a verdict` {
    @Test func `a connection that is told late counts, and the handshake has its whole timeout`() throws {
        var dial = Dial(try .about(nil, awaitsReadiness: true))
        _ = dial.start(with: [four], from: .numeric, at: .zero)
        // The loop was blocked for 9 s; the socket had connected after 5 ms.
        #expect(dial.connected(four, at: at(5)).words == ["hand over \(four)"])
        dial.handOverBegins(at: at(9_000))
        #expect(dial.advance(to: at(9_000)).words == [])
        #expect(dial.wakeTime == at(10_000))
        let end = dial.ready(at: at(9_100))
        #expect(end.words == ["connected to \(four)"])
        #expect(end.report?.connect == at(5))
        #expect(end.report?.attempts.map(\.ended) == [at(5)])
    }

    @Test func `whatever has happened counts before a timer is looked at`() throws {
        var dial = Dial(try .about())
        _ = dial.start(at: .zero)
        dial.noteQueue(at: .zero)
        // At 40 s the loop wakes and reads its mailbox first.
        dial.lookupStarted(at: at(1_000))
        _ = dial.answered(.system([]), all: [four], at: at(40_000))
        #expect(dial.advance(to: at(40_000)).words == [])
        #expect(dial.wakeTime == at(42_000))
    }
}

@Suite struct `Rule 6: the mailbox before the clock` {
    @Test func `before a lookup's time is up, everything is read that has come, and then the answer counts`() throws {
        var dial = Dial(try .about())
        _ = dial.start(at: .zero)
        dial.lookupStarted(at: .zero)
        // The process stood still for 4 s.
        #expect(dial.wake(at: at(9_000)).words == ["catch up"])
        #expect(dial.lateness == at(4_000))
        #expect(dial.wakeTime == at(10_000))
        #expect(dial.wake(at: at(9_001)).words == [])
        #expect(dial.answered(.system([]), all: [four], at: at(9_001)).words == ["open \(four)"])
        #expect(dial.caughtUp().words == [])
        #expect(dial.connected(four, at: at(9_002)).words == ["leave the lookup", "hand over \(four)"])
    }

    @Test func `when nothing has come the time is up, as of when it was looked at`() throws {
        var dial = Dial(try .about())
        _ = dial.start(at: .zero)
        dial.lookupStarted(at: .zero)
        #expect(dial.wake(at: at(5_000)).words == ["catch up"])
        let end = dial.caughtUp()
        #expect(end.words == ["leave the lookup", "failed: lookupTimeout"])
        #expect(end.report?.lookup == at(5_000))
        #expect(dial.caughtUp().words == [])
    }

    @Test func `whoever never catches up is waited for one second`() throws {
        var dial = Dial(try .about())
        _ = dial.start(at: .zero)
        dial.lookupStarted(at: .zero)
        _ = dial.wake(at: at(5_000))
        #expect(dial.wakeTime == at(6_000))
        #expect(dial.wake(at: at(5_999)).words == [])
        #expect(dial.wake(at: at(6_000)).words == ["leave the lookup", "failed: lookupTimeout"])
    }

    @Test func `a deadline is a clock like the others, and so is the handshake's`() throws {
        var waiting = Dial(try .about(deadline: .seconds(3)))
        _ = waiting.start(at: .zero)
        #expect(waiting.wake(at: at(3_000)).words == ["catch up"])
        #expect(waiting.caughtUp().words == ["leave the lookup", "failed: deadlineExceeded"])
        var shaking = Dial(try .about(nil, awaitsReadiness: true))
        _ = shaking.start(with: [four], from: .numeric, at: .zero)
        _ = shaking.connected(four, at: at(5))
        shaking.handOverBegins(at: at(5))
        #expect(shaking.wake(at: at(1_005)).words == ["catch up"])
        #expect(shaking.ready(at: at(1_006)).words == ["connected to \(four)"])
        #expect(shaking.caughtUp().words == [])
    }

    @Test func `where everything is known there is nothing to catch up with`() throws {
        var dial = Dial(try .about(nil))
        _ = dial.start(with: [four], from: .numeric, at: .zero)
        #expect(dial.wake(at: at(2_000)).words == ["close \(four)", "failed: connectTimeout"])
    }
}

@Suite struct `Rule 7: only the winner crosses` {
    @Test func `every loser is closed before the winner is handed over, and it is handed over once`() throws {
        var dial = Dial(try .about(nil))
        _ = dial.start(with: [six, four], from: .numeric, at: .zero)
        _ = dial.advance(to: at(250))
        #expect(dial.connected(six, at: at(260)).words == ["close \(four)", "hand over \(six)"])
        #expect(dial.connected(four, at: at(260)).words == [])
        #expect(dial.connected(six, at: at(261)).words == [])
        #expect(dial.ready(at: at(262)).words == ["connected to \(six)"])
        #expect(dial.ready(at: at(263)).words == [])
    }

    @Test func `an initializer that fails ends the dial with its error, and nothing else is tried`() throws {
        struct Broken: Error {}
        var dial = Dial(try .about(nil))
        _ = dial.start(with: [six, four], from: .numeric, at: .zero)
        _ = dial.connected(six, at: at(1))
        let end = dial.handshakeFailed(.initializerFailed, Broken(), at: at(2))
        #expect(end.words == ["close the winner", "failed: initializerFailed"])
        #expect(end.error?.channelError is Broken)
        #expect(end.error?.isRetryable == false)
    }

    @Test func `what the system says of a channel is told in its words, and an initializer's own as they are`() throws {
        let error = IOError(errnoCode: ECONNRESET, reason: "mine")
        for (code, words) in [
            (DialError.Code.handshakeFailed, "connected, and then: connection reset by peer"),
            (.initializerFailed, "the channel initializer failed: \(error)"),
        ] {
            var dial = Dial(try .about(nil))
            _ = dial.start(with: [four], from: .numeric, at: .zero)
            _ = dial.connected(four, at: at(1))
            let end = dial.handshakeFailed(code, error, at: at(2))
            #expect(end.error?.message == "\(words): \(four) connected")
            #expect((end.error?.channelError as? IOError)?.errnoCode == ECONNRESET)
        }
    }
}

@Suite struct `Rule 8: an error never drops a cause` {
    @Test func `every address is named with what it said`() throws {
        var dial = Dial(try .about(nil))
        _ = dial.start(with: [six, four], from: .override, at: .zero)
        _ = dial.failed(six, AttemptFailure(errorNumber: 101), at: at(1), toldAt: at(1))
        let end = dial.failed(four, AttemptFailure(errorNumber: 111), at: at(2), toldAt: at(2))
        #expect(end.words == ["failed: allAttemptsFailed"])
        let error = try #require(end.error)
        #expect(
            error.message
                == "all 2 addresses failed: [2001:db8::1]:80 network is unreachable, 192.0.2.1:80 connection refused"
        )
        #expect(error.report.attempts.map(\.outcome) == [.unreachable, .refused])
        #expect(error.report.attempts.map(\.errorNumber) == [101, 111])
        #expect(error.fault == .peer)
        #expect("\(error)".hasPrefix("192.0.2.1:80: allAttemptsFailed: all 2 addresses failed: "))
        #expect("\(error)".hasSuffix("[queue 0 s · lookup 0 s (override) · connect 2 ms]"))
    }

    @Test(arguments: [
        (ResolutionError.Kind.nameNotFound, DialError.Code.nameNotFound, false, DialError.Fault.nameService),
        (.temporaryFailure, .temporaryNameFailure, true, .nameService),
        (.failed, .temporaryNameFailure, true, .nameService),
        (.invalidName, .invalidTarget, false, .caller),
        (.queueFull, .queueFull, true, .machine),
    ])
    func `does not exist, try again, and could not ask are never the same`(
        kind: ResolutionError.Kind,
        code: DialError.Code,
        isRetryable: Bool,
        fault: DialError.Fault
    ) throws {
        var dial = Dial(try .about())
        _ = dial.start(at: .zero)
        let end = dial.lookupEnded(ResolutionError(kind, "it said no", systemCode: -2), at: at(7))
        let error = try #require(end.error)
        #expect(error.code == code)
        #expect(error.message == "it said no")
        #expect(error.resolutionError?.systemCode == -2)
        #expect(error.isRetryable == isRetryable)
        #expect(error.fault == fault)
    }

    @Test func `no data in either family is nameNotFound`() throws {
        var dial = Dial(try .about())
        _ = dial.start(at: .zero)
        _ = dial.answered(.system([], settling: .ipv6), all: [], at: at(5))
        let end = dial.answered(.system([], settling: .ipv4), all: [], at: at(6))
        #expect(end.words == ["leave the lookup", "failed: nameNotFound"])
        #expect(end.error?.message == "the name has no address")
    }

    @Test func `a lookup that fails in one family after the other's address said no keeps both causes`() throws {
        var dial = Dial(try .about())
        _ = dial.start(at: .zero)
        _ = dial.answered(.system([], settling: .ipv4), all: [four], at: at(5))
        _ = dial.advance(to: at(55))
        _ = dial.failed(four, AttemptFailure(errorNumber: 111), at: at(60), toldAt: at(60))
        let end = dial.lookupEnded(ResolutionError(.temporaryFailure, "SERVFAIL for AAAA"), at: at(90))
        #expect(end.error?.code == .allAttemptsFailed)
        #expect(end.error?.resolutionError?.message == "SERVFAIL for AAAA")
        #expect(
            end.error?.message
                == "the only address failed: 192.0.2.1:80 connection refused, lookup: SERVFAIL for AAAA"
        )
    }

    @Test func `no address of a family that may be used is noUsableAddress`() throws {
        var dial = Dial(try .about(nil))
        let end = dial.start(with: [], from: .numeric, at: .zero)
        #expect(end.words == ["failed: noUsableAddress"])
    }
}

@Suite struct `Rule 9: cancelling is complete` {
    @Test func `before the start`() throws {
        var dial = Dial(try .about())
        #expect(dial.cancel(at: .zero).words == ["failed: cancelled"])
        #expect(dial.start(at: .zero).words == [])
    }

    @Test func `in the queue`() throws {
        var dial = Dial(try .about())
        _ = dial.start(at: .zero)
        dial.noteQueue(at: .zero)
        #expect(dial.cancel(at: at(5)).words == ["leave the lookup", "failed: cancelled"])
        #expect(dial.answered(.system([]), all: [four], at: at(6)).words == [])
        #expect(dial.lookupEnded(nil, at: at(6)).words == [])
        #expect(dial.cancel(at: at(7)).words == [])
    }

    @Test func `during the race`() throws {
        var dial = Dial(try .about())
        _ = dial.start(at: .zero)
        _ = dial.answered(.system([], settling: .ipv6), all: [six, four], at: at(1))
        _ = dial.advance(to: at(251))
        let end = dial.cancel(at: at(260))
        #expect(end.words == ["close \(six)", "close \(four)", "leave the lookup", "failed: cancelled"])
        #expect(end.report?.attempts.map(\.outcome) == [.abandoned, .abandoned])
        #expect(dial.connected(six, at: at(261)).words == [])
        #expect(dial.failed(four, AttemptFailure(errorNumber: 111), at: at(262), toldAt: at(262)).words == [])
    }

    @Test func `during the handshake`() throws {
        var dial = Dial(try .about(nil, awaitsReadiness: true))
        _ = dial.start(with: [four], from: .numeric, at: .zero)
        _ = dial.connected(four, at: at(1))
        #expect(dial.cancel(at: at(2)).words == ["close the winner", "failed: cancelled"])
        #expect(dial.ready(at: at(3)).words == [])
    }

    @Test func `after the end`() throws {
        var dial = Dial(try .about(nil))
        _ = dial.start(with: [four], from: .numeric, at: .zero)
        _ = dial.connected(four, at: at(1))
        _ = dial.ready(at: at(1))
        #expect(dial.cancel(at: at(2)).words == [])
        #expect(dial.wakeTime == nil)
    }
}

@Suite struct `No descriptor left: the dial waits, and no address is blamed` {
    @Test func `an attempt is put off until it is the dial's turn, on the queue's clock`() throws {
        var dial = Dial(try .about(nil))
        _ = dial.start(with: [four], from: .numeric, at: .zero)
        var now = Duration.zero
        for turn in 0..<7 {
            #expect(dial.outOfDescriptors(four, at: now).words == [])
            let (awaitsTurn, hasBeenShort, wake) = (dial.awaitsTurn, dial.hasBeenShort, dial.wakeTime)
            #expect(awaitsTurn)
            #expect(hasBeenShort == (turn > 0))
            // It has no clock of its own that asks again.
            #expect(wake == .seconds(30))
            #expect(dial.wake(at: now + at(500)).words == [])
            now += .seconds(1)
            #expect(dial.takeTurn(at: now).words == ["open \(four)"])
            // It has had its turn.
            #expect(dial.takeTurn(at: now).words == [])
        }
        _ = dial.connected(four, at: now + at(1))
        let report = try #require(dial.ready(at: now + at(1)).report)
        #expect(report.attempts.map(\.outcome) == [.connected])
        #expect(report.queue == now)
        #expect(report.connect == at(1))
    }

    @Test func `when the queue's timeout ends it is outOfDescriptors`() throws {
        var dial = Dial(try .about(nil))
        _ = dial.start(with: [four], from: .numeric, at: .zero)
        _ = dial.outOfDescriptors(four, at: .zero)
        // A turn that comes too late opens nothing any more.
        #expect(dial.takeTurn(at: at(30_000)).words == [])
        let end = dial.advance(to: at(30_000))
        #expect(end.words == ["failed: outOfDescriptors"])
        #expect(end.error?.message == "no descriptor was free for 30 s: 1 address was not tried")
        #expect(end.error?.fault == .machine)
        #expect(end.report?.attempts == [])
    }

    @Test func `a lookup without a descriptor is asked again`() throws {
        var dial = Dial(try .about())
        _ = dial.start(at: .zero)
        #expect(dial.lookupEnded(ResolutionError(.noDescriptor, "none"), at: at(1)).words == [])
        let (awaitsTurn, wake) = (dial.awaitsTurn, dial.wakeTime)
        #expect(awaitsTurn)
        #expect(wake == at(30_001))
        #expect(dial.takeTurn(at: at(6)).words == ["look up"])
        #expect(dial.answered(.system([]), all: [four], at: at(8)).words == ["open \(four)"])
    }

    @Test func `a thread that is missing is waited for like a descriptor, and called by its name`() throws {
        var asking = Dial(try .about())
        _ = asking.start(at: .zero)
        #expect(asking.lookupEnded(ResolutionError(.noThread, "no thread to ask with"), at: at(1)).words == [])
        #expect(asking.takeTurn(at: at(6)).words == ["look up"])
        _ = asking.lookupEnded(ResolutionError(.noThread, "no thread to ask with"), at: at(6))
        let end = asking.advance(to: at(30_001))
        #expect(end.words == ["failed: outOfThreads"])
        #expect(end.error?.message == "no thread was free for 30 s: lookup: no thread to ask with")
        #expect(end.error?.fault == .machine)
        #expect(end.error?.isRetryable == true)
        var watching = Dial(try .about(nil))
        _ = watching.start(with: [four], from: .numeric, at: .zero)
        _ = watching.outOfDescriptors(four, .threads, at: .zero)
        #expect(watching.advance(to: at(30_000)).error?.code == .outOfThreads)
    }

    @Test(arguments: [105, 12] as [Int32])
    func `no buffers or memory for one family is no missing descriptor, and the other one is tried`(
        number: Int32
    ) throws {
        #expect(!AttemptFailure.isShortage(number))
        #expect(AttemptFailure(errorNumber: number).shortage == nil)
        var dial = Dial(try .about(nil))
        #expect(dial.start(with: [six, four], from: .numeric, at: .zero).words == ["open \(six)"])
        let failure = AttemptFailure(errorNumber: number)
        #expect(dial.failed(six, failure, at: at(1), toldAt: at(1)).words == ["open \(four)"])
        #expect(dial.connected(four, at: at(2)).words == ["hand over \(four)"])
    }

    @Test(arguments: [[99], [98], [11], [105], [12], [99, 11]])
    func `ports and addresses that this machine does not have are no network's fault`(_ numbers: [Int32]) throws {
        var dial = Dial(try .about(nil))
        let destinations = [six, four].prefix(numbers.count)
        _ = dial.start(with: Array(destinations), from: .numeric, at: .zero)
        var error: DialError?
        for (destination, number) in zip(destinations, numbers) {
            let failure = AttemptFailure(errorNumber: number)
            error = dial.failed(destination, failure, at: at(1), toldAt: at(1)).error
        }
        #expect(error?.code == .allAttemptsFailed)
        #expect(error?.fault == .machine)
        #expect(error?.isRetryable == true)
        // What such an attempt says nothing about is the way to the peer.
        #expect(error?.report.attempts.map(\.outcome) == numbers.map { _ in .failed })
    }

    @Test func `beside an address out of reach the network is to blame, and beside a refusal the peer`() throws {
        for (number, fault) in [(101, DialError.Fault.network), (111, .peer)] as [(Int32, DialError.Fault)] {
            var dial = Dial(try .about(nil))
            _ = dial.start(with: [six, four], from: .numeric, at: .zero)
            _ = dial.failed(six, AttemptFailure(errorNumber: 99), at: at(1), toldAt: at(1))
            #expect(
                dial.failed(four, AttemptFailure(errorNumber: number), at: at(2), toldAt: at(2)).error?.fault == fault
            )
        }
    }

    @Test func `a socket that is given back is taken at once`() throws {
        var dial = Dial(try .about(nil))
        _ = dial.start(with: [six, four], from: .numeric, at: .zero)
        #expect(dial.advance(to: at(250)).words == ["open \(four)"])
        #expect(dial.outOfDescriptors(four, at: at(250)).words == [])
        #expect(
            dial.failed(six, AttemptFailure(errorNumber: 111), at: at(251), toldAt: at(251)).words == ["open \(four)"]
        )
    }
}

@Suite struct `A full backlog: the attempt is made again, on the connect clock` {
    private let path = Destination.local(path: "/run/db.sock")

    @Test func `less and less often, and it is one attempt`() throws {
        var dial = Dial(try .about(nil))
        #expect(dial.start(with: [path], from: nil, at: .zero).words == ["open \(path)"])
        var now = Duration.zero
        var pauses: [Int] = []
        for _ in 0..<7 {
            #expect(dial.failed(path, .backlogFull, at: now, toldAt: now).words == [])
            let next = dial.wakeTime
            let wake = try #require(next)
            pauses.append(Int((wake - now) / .milliseconds(1)))
            now = wake
            #expect(dial.wake(at: now).words == ["open \(path)"])
        }
        #expect(pauses == [5, 10, 20, 40, 80, 100, 100])
        #expect(dial.connected(path, at: now + at(1)).words == ["hand over \(path)"])
        let report = try #require(dial.ready(at: now + at(1)).report)
        #expect(report.connect == now + at(1))
        #expect(report.queue == .zero)
        #expect(report.attempts.map(\.started) == [.zero])
        #expect(report.attempts.map(\.reason) == [nil])
    }

    @Test func `when the connect timeout ends it says so, and there is no socket to close`() throws {
        var dial = Dial(try .about(nil))
        _ = dial.start(with: [path], from: nil, at: .zero)
        _ = dial.failed(path, .backlogFull, at: at(1), toldAt: at(1))
        let end = dial.wake(at: at(2_000))
        #expect(end.words == ["failed: connectTimeout"])
        #expect(end.error?.message == "no attempt connected within 2 s: /run/db.sock its backlog is full")
    }

    @Test func `a loser that waits for room has no socket to close, and is not made again`() throws {
        var dial = Dial(try .about(nil))
        _ = dial.start(with: [path, four], from: nil, at: .zero)
        _ = dial.failed(path, .backlogFull, at: .zero, toldAt: .zero)
        for now in [5, 250] { _ = dial.wake(at: at(now)) }
        _ = dial.failed(path, .backlogFull, at: at(250), toldAt: at(250))
        #expect(dial.connected(four, at: at(251)).words == ["hand over \(four)"])
        #expect(dial.wake(at: at(270)).words == [])
    }

    @Test func `cancelled while it waits for room`() throws {
        var dial = Dial(try .about(nil))
        _ = dial.start(with: [path], from: nil, at: .zero)
        _ = dial.failed(path, .backlogFull, at: .zero, toldAt: .zero)
        #expect(dial.cancel(at: at(1)).words == ["failed: cancelled"])
        #expect(dial.failed(path, .backlogFull, at: at(2), toldAt: at(2)).words == [])
        #expect(dial.wakeTime == nil)
    }
}

@Suite struct `What was not tried is counted` {
    @Test func `when the connect timeout ends`() throws {
        var dial = Dial(try .about(nil))
        let others = (2...4).map { Destinations.to(.v4(IPv4Address(bits: 0xC000_0200 + $0))) }
        _ = dial.start(with: [four] + others, from: .override, at: .zero)
        _ = dial.advance(to: at(250))
        let end = dial.advance(to: at(2_000))
        #expect(end.error?.untried == 2)
        #expect(
            end.error?.message
                == "no attempt connected within 2 s: 192.0.2.1:80 timed-out, 192.0.2.2:80 timed-out, "
                + "2 addresses were not tried"
        )
    }

    @Test func `when the deadline passes, and one alone is no plural`() throws {
        var dial = Dial(try .about(nil, deadline: at(100)))
        _ = dial.start(with: [six, four], from: .override, at: .zero)
        let end = dial.advance(to: at(100))
        #expect(end.error?.untried == 1)
        #expect(end.error?.message.hasSuffix(", 1 address was not tried") == true)
    }

    @Test func `a dial that is connected, or has tried all, counts none`() throws {
        var connected = Dial(try .about(nil))
        _ = connected.start(with: [six, four], from: .override, at: .zero)
        _ = connected.connected(six, at: at(1))
        #expect(connected.ready(at: at(1)).words == ["connected to \(six)"])
        var failed = Dial(try .about(nil))
        _ = failed.start(with: [four], from: .override, at: .zero)
        #expect(failed.failed(four, AttemptFailure(errorNumber: 111), at: at(1), toldAt: at(1)).error?.untried == 0)
    }
}

@Suite struct `Look first, dial later: the answer is what is wanted` {
    @Test func `both families are awaited`() throws {
        var dial = Dial(try .about(goal: .answer))
        _ = dial.start(at: .zero)
        #expect(dial.answered(.system([], settling: .ipv4), all: [four], at: at(1)).words == [])
        #expect(dial.answered(.system([], settling: .ipv6), all: [six, four], at: at(2)).words == [])
        let end = dial.lookupEnded(nil, at: at(2))
        #expect(end.words == ["answered"])
        #expect(end.report?.unanswered == [])
        #expect(end.report?.attempts == [])
    }

    @Test func `one silent family leaves the other's answer, with what is missing`() throws {
        var dial = Dial(try .about(goal: .answer))
        _ = dial.start(at: .zero)
        dial.lookupStarted(at: .zero)
        _ = dial.answered(.system([], settling: .ipv4), all: [four], at: at(1))
        let end = dial.advance(to: at(5_000))
        #expect(end.words == ["leave the lookup", "answered"])
        #expect(end.report?.unanswered == .ipv6)
    }

    @Test func `an error in one family does not spoil the other's answer`() throws {
        var dial = Dial(try .about(goal: .answer))
        _ = dial.start(at: .zero)
        _ = dial.answered(.system([], settling: .ipv4), all: [four], at: at(1))
        let end = dial.lookupEnded(ResolutionError(.temporaryFailure, "SERVFAIL"), at: at(2))
        #expect(end.words == ["answered"])
        #expect(end.report?.unanswered == .ipv6)
    }

    @Test func `no address at all is an error, not an empty answer`() throws {
        var known = Dial(try .about(nil, goal: .answer))
        #expect(known.start(with: [], from: .override, at: .zero).words == ["failed: noUsableAddress"])
        var asked = Dial(try .about(goal: .answer))
        _ = asked.start(at: .zero)
        _ = asked.answered(.system([]), all: [], at: at(1))
        #expect(asked.lookupEnded(nil, at: at(1)).words == ["failed: nameNotFound"])
    }
}
