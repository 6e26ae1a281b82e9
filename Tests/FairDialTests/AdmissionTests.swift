// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NameResolution
import Testing

@testable import FairDial

private let six = Destinations.to(Destinations.six1)
private let four = Destinations.to(Destinations.four1)

@Suite(.timeLimit(.minutes(15))) struct `A dial that must be admitted` {
    @Test func `asks with its first address, waits on the queue clock, and races when it is let in`() throws {
        var dial = Dial(try .about(awaitsAdmission: true))
        #expect(dial.start(at: .zero).words == ["look up"])
        dial.lookupStarted(at: .zero)
        // Nobody has been asked yet.
        #expect(dial.admitted(at: at(1), toldAt: at(1)).words == [])
        let first = LookupResult.system([Destinations.six1], settling: .ipv6)
        #expect(dial.answered(first, all: [six], at: at(20)).words == ["ask for admission"])
        let all = LookupResult.system([Destinations.four1], settling: .ipv4)
        #expect(dial.answered(all, all: [six, four], at: at(30)).words == [])
        #expect(dial.lookupEnded(nil, at: at(30)).words == [])
        // It waits for its owner alone, and not in the queue for descriptors.
        let (awaitsTurn, wake) = (dial.awaitsTurn, dial.wakeTime)
        #expect(!awaitsTurn)
        #expect(wake == at(30_020))
        #expect(dial.wake(at: at(10_000)).words == [])
        #expect(dial.admitted(at: at(10_020), toldAt: at(10_020)).words == ["open \(six)"])
        #expect(dial.admitted(at: at(10_021), toldAt: at(10_021)).words == [])
        #expect(dial.advance(to: at(10_270)).words == ["open \(four)"])
        _ = dial.connected(four, at: at(10_280))
        let report = try #require(dial.ready(at: at(10_280)).report)
        #expect(report.lookup == at(20))
        #expect(report.queue == at(10_000))
        #expect(report.connect == at(260))
        #expect(report.attempts.map(\.started) == [at(10_020), at(10_270)])
    }

    @Test func `asks at once where the addresses are known, and never where the policy forbids them all`() throws {
        var dial = Dial(try .about(nil, tellsStart: true, awaitsAdmission: true))
        #expect(dial.start(with: [six, four], from: .numeric, at: .zero).words == ["ask for admission"])
        #expect(dial.admitted(at: at(5), toldAt: at(6)).words == ["starting line", "open \(six)"])
        var policy = AddressPolicy.unrestricted
        policy.denied = [try IPNetwork("192.0.2.0/24"), try IPNetwork("2001:db8::/32")]
        var forbidden = Dial(try .about(nil, policy: policy, awaitsAdmission: true))
        #expect(forbidden.start(with: [six, four], from: .numeric, at: .zero).words == ["failed: refusedByPolicy"])
    }

    @Test func `that is not let in ends with the queue's timeout, and says so`() throws {
        var dial = Dial(try .about(nil, awaitsAdmission: true))
        _ = dial.start(with: [four], from: .numeric, at: .zero)
        // Too late: its time had passed.
        #expect(dial.admitted(at: at(30_000), toldAt: at(30_000)).words == [])
        var other = Dial(try .about(nil, awaitsAdmission: true))
        _ = other.start(with: [four], from: .numeric, at: .zero)
        let end = other.advance(to: at(30_000))
        #expect(end.words == ["failed: queueTimeout"])
        #expect(end.error?.message == "not admitted to connect within 30 s: 1 address was not tried")
        #expect(end.report?.attempts == [])
    }

    @Test func `in time and told late still starts`() throws {
        var dial = Dial(try .about(nil, awaitsAdmission: true))
        _ = dial.start(with: [six, four], from: .numeric, at: .zero)
        #expect(dial.admitted(at: at(29_999), toldAt: at(31_000)).words == ["open \(six)"])
        // The second attempt comes after the first by its delay, whenever that was let in.
        #expect(dial.advance(to: at(31_249)).words == [])
        #expect(dial.advance(to: at(31_250)).words == ["open \(four)"])
    }

    @Test func `for an answer alone is not asked about`() async throws {
        let script = try ScriptedDialer(names: ["db.test": .addresses("192.0.2.1")])
        var options = DialOptions()
        options.admission = { _ in Issue.record("nothing is connected") }
        let answer = try await script.dialer.resolve("db.test", port: 80, options: options)
        #expect(answer.endpoints.count == 1)
    }

    @Test func `that ends before leaves nothing open, and admitting it later does nothing`() throws {
        var dial = Dial(try .about(nil, awaitsAdmission: true))
        _ = dial.start(with: [four], from: .numeric, at: .zero)
        #expect(dial.cancel(at: at(1)).words == ["failed: cancelled"])
        #expect(dial.admitted(at: at(2), toldAt: at(2)).words == [])
    }

    @Test func `and then finds no descriptor waits for one like any other`() throws {
        var dial = Dial(try .about(nil, awaitsAdmission: true))
        _ = dial.start(with: [four], from: .numeric, at: .zero)
        #expect(dial.admitted(at: at(1), toldAt: at(1)).words == ["open \(four)"])
        #expect(dial.outOfDescriptors(four, at: at(1)).words == [])
        let awaitsTurn = dial.awaitsTurn
        #expect(awaitsTurn)
        #expect(dial.takeTurn(at: at(6)).words == ["open \(four)"])
    }

    @Test func `on both faces, of a literal and of a name`() async throws {
        let server = try await LoopbackServer.start()
        let asked = NIOLockedValueBox<[@Sendable () -> Void]>([])
        let (askings, isAsked) = AsyncStream.makeStream(of: Void.self)
        var options = DialOptions()
        options.admission = { admit in
            asked.withLockedValue { $0.append(admit) }
            isAsked.yield()
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let future = Dialer.shared.connect(
            to: try Target(host: "127.0.0.1", port: server.port),
            options: options,
            on: loop
        )
        async let connected = Dialer.shared.connect(to: "localhost", port: server.port, options: options)
        var iterator = askings.makeAsyncIterator()
        _ = await iterator.next()
        _ = await iterator.next()
        for admit in asked.withLockedValue({ $0 }) { admit() }
        let (first, second) = (try await future.get(), try await connected)
        #expect(first.report.queue > .zero)
        try await first.channel.close()
        try await second.channel.close()
        try await server.stop()
    }
}
