// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution
import Testing

@testable import SystemResolution

private let four = IPAddress.v4(IPv4Address(bits: 0xC000_0201))
private let six = IPAddress.v6(IPv6Address(high: 0x2001_0DB8_0000_0000, low: 1), zone: nil)
private let fairnessKey = FairnessKey(label: "test")
private let found = ResolutionError(.nameNotFound, "no such name")
private let trouble = ResolutionError(.temporaryFailure, "SERVFAIL")

private func at(_ milliseconds: Int) -> Duration { .milliseconds(milliseconds) }

private func answer(_ addresses: [IPAddress], settling families: AddressFamilies) -> LookupEvent {
    .answered(LookupResult(families: families, addresses: addresses, isInDestinationOrder: true, source: .system))
}

/// Lookups in a queue of this many slots, with the second call after 2 s.
private func lookups(slots: Int = 8, reservedSlots: Int = 0, waiting: Int = 100) -> SystemLookups {
    SystemLookups(
        queue: QueueConfiguration(slots: slots, reservedSlots: reservedSlots, waitingLimit: waiting),
        secondCallDelay: .seconds(2)
    )
}

@Suite struct `One call asks for both families` {
    @Test func `from the question to the answer, the system's order kept`() {
        var machine = lookups()
        let (lookup, asked) = machine.ask(LookupQuestion(name: "db.test"), for: fairnessKey, at: .zero)
        #expect(asked == [.call(1, "db.test", .both)])
        #expect(machine.began(1, at: at(1)) == [.deliver(lookup, .started)])
        #expect(
            machine.returned(1, with: .success([four, six]), at: at(9))
                == [.deliver(lookup, answer([four, six], settling: .both)), .deliver(lookup, .ended(nil))]
        )
        #expect(machine.callCount == 0)
        #expect(machine.snapshot(at: at(9)) == [])
        #expect(machine.wakeTime == nil)
        #expect(machine.advance(to: at(5_000)) == [])
    }

    @Test func `an error is the lookup's end`() {
        var machine = lookups()
        let (lookup, _) = machine.ask(LookupQuestion(name: "db.test"), for: fairnessKey, at: .zero)
        _ = machine.began(1, at: .zero)
        #expect(machine.returned(1, with: .failure(trouble), at: at(5)) == [.deliver(lookup, .ended(trouble))])
    }

    @Test(arguments: [
        ("", "the name is empty"), ("a\u{0}b", "the name has a NUL"),
        (String(repeating: "a", count: 64) + ".test", "a label of the name is longer than 63 bytes"),
        (String(repeating: "a.", count: 127), "the name has 254 bytes, and a name has 253 at most"),
    ])
    func `what can be no name costs no call`(name: String, message: String) {
        var machine = lookups()
        let name = name.hasSuffix(".") && name.utf8.count == 254 ? String(name.dropLast()) + "a" : name
        let (lookup, actions) = machine.ask(LookupQuestion(name: name), for: fairnessKey, at: .zero)
        #expect(actions == [.deliver(lookup, .ended(ResolutionError(.invalidName, message)))])
        #expect(machine.callCount == 0)
    }
}

@Suite struct `Rule 6: a thread that woke late has a moment to come back` {
    @Test func `a lookup whose time is called late is waited for, and its answer counts`() {
        var machine = lookups()
        let (lookup, _) = machine.ask(LookupQuestion(name: "db.test"), for: fairnessKey, at: .zero)
        _ = machine.began(1, at: .zero)
        _ = machine.advance(to: at(2_000))
        let isTold = machine.catchUp(lookup, late: at(700), at: at(9_000))
        #expect(isTold)
        #expect(machine.wakeTime == at(9_050))
        #expect(
            machine.returned(1, with: .success([four, six]), at: at(9_001))
                == [.deliver(lookup, answer([four, six], settling: .both)), .deliver(lookup, .ended(nil))]
        )
        #expect(machine.wakeTime == nil)
        // Of one that is over, the end has been told.
        let hasBeenTold = machine.catchUp(lookup, late: at(700), at: at(9_002))
        #expect(hasBeenTold)
    }

    @Test func `what is silent still has had its moment`() {
        var machine = lookups()
        let (lookup, _) = machine.ask(LookupQuestion(name: "db.test"), for: fairnessKey, at: .zero)
        _ = machine.began(1, at: .zero)
        _ = machine.advance(to: at(2_000))
        _ = machine.catchUp(lookup, late: at(700), at: at(9_000))
        #expect(machine.advance(to: at(9_049)) == [])
        #expect(machine.advance(to: at(9_050)) == [.deliver(lookup, .caughtUp)])
        #expect(machine.wakeTime == nil)
    }

    @Test func `a timer that came when it was due held nobody up`() {
        var machine = lookups()
        let (lookup, _) = machine.ask(LookupQuestion(name: "db.test"), for: fairnessKey, at: .zero)
        _ = machine.began(1, at: .zero)
        let isTold = machine.catchUp(lookup, late: at(1), at: at(9_000))
        #expect(!isTold)
    }
}

@Suite struct `The second call` {
    @Test func `asks for IPv4 alone when the first is silent, and its answer is delivered at once`() {
        var machine = lookups()
        let (lookup, _) = machine.ask(LookupQuestion(name: "db.test"), for: fairnessKey, at: .zero)
        _ = machine.began(1, at: at(10))
        #expect(machine.wakeTime == at(2_010))
        #expect(machine.advance(to: at(2_009)) == [])
        #expect(machine.advance(to: at(2_010)) == [.call(2, "db.test", .ipv4)])
        #expect(machine.began(2, at: at(2_011)) == [])
        #expect(
            machine.returned(2, with: .success([four]), at: at(2_020))
                == [.deliver(lookup, answer([four], settling: .ipv4))]
        )
        #expect(
            machine.returned(1, with: .success([four, six]), at: at(9_000))
                == [.deliver(lookup, answer([six], settling: .ipv6)), .deliver(lookup, .ended(nil))]
        )
    }

    @Test func `is not made for one family, nor when half of the slots are taken, nor for nobody`() {
        var machine = lookups(slots: 4)
        let (_, single) = machine.ask(LookupQuestion(name: "a.test", families: .ipv6), for: fairnessKey, at: .zero)
        #expect(single == [.call(1, "a.test", .ipv6)])
        _ = machine.began(1, at: .zero)
        #expect(machine.wakeTime == nil)
        _ = machine.ask(LookupQuestion(name: "b.test"), for: fairnessKey, at: .zero)
        _ = machine.began(2, at: .zero)
        #expect(machine.advance(to: at(2_000)) == [])
        _ = machine.returned(1, with: .failure(found), at: at(2_100))
        let (third, _) = machine.ask(LookupQuestion(name: "c.test"), for: fairnessKey, at: at(2_200))
        _ = machine.returned(2, with: .failure(found), at: at(2_300))
        _ = machine.began(3, at: at(2_300))
        let isGone = machine.cancel(third)
        #expect(!isGone)
        #expect(machine.advance(to: at(4_300)) == [])
    }

    @Test func `a failed first call waits for the second one's half of the answer`() {
        var machine = lookups()
        let (lookup, _) = machine.ask(LookupQuestion(name: "db.test"), for: fairnessKey, at: .zero)
        _ = machine.began(1, at: .zero)
        _ = machine.advance(to: at(2_000))
        #expect(machine.returned(1, with: .failure(trouble), at: at(2_001)) == [])
        #expect(
            machine.returned(2, with: .success([four]), at: at(2_002))
                == [.deliver(lookup, answer([four], settling: .ipv4)), .deliver(lookup, .ended(trouble))]
        )
        #expect(machine.callCount == 0)
    }

    @Test func `a name that does not exist does not wait for it, and it keeps its slot until it returns`() {
        var machine = lookups(slots: 4)
        let (lookup, _) = machine.ask(LookupQuestion(name: "db.test"), for: fairnessKey, at: .zero)
        _ = machine.began(1, at: .zero)
        _ = machine.advance(to: at(2_000))
        #expect(machine.returned(1, with: .failure(found), at: at(2_001)) == [.deliver(lookup, .ended(found))])
        #expect(machine.callCount == 1)
        #expect(machine.snapshot(at: at(3_000)).map(\.name) == ["db.test"])
        #expect(machine.snapshot(at: at(3_000)).map(\.isAbandoned) == [true])
        #expect(machine.returned(2, with: .success([four]), at: at(3_001)) == [])
        #expect(machine.callCount == 0)
    }

    @Test func `after its answer, "not found" from the first settles the other family as empty`() {
        var machine = lookups()
        let (lookup, _) = machine.ask(LookupQuestion(name: "db.test"), for: fairnessKey, at: .zero)
        _ = machine.began(1, at: .zero)
        _ = machine.advance(to: at(2_000))
        _ = machine.returned(2, with: .success([four]), at: at(2_001))
        #expect(
            machine.returned(1, with: .failure(found), at: at(2_002))
                == [.deliver(lookup, answer([], settling: .ipv6)), .deliver(lookup, .ended(nil))]
        )
    }

    @Test func `without a thread for it nothing is lost`() {
        var machine = lookups()
        let (lookup, _) = machine.ask(LookupQuestion(name: "db.test"), for: fairnessKey, at: .zero)
        _ = machine.began(1, at: .zero)
        _ = machine.advance(to: at(2_000))
        #expect(machine.foundNoThread(for: 2, "none") == [])
        #expect(machine.returned(1, with: .success([four]), at: at(2_500)).last == .deliver(lookup, .ended(nil)))
        #expect(machine.callCount == 0)
    }
}

@Suite struct `Places and threads` {
    @Test func `beyond the slots a name waits, and gets the slot that falls free`() {
        var machine = lookups(slots: 1)
        _ = machine.ask(LookupQuestion(name: "a.test"), for: fairnessKey, at: .zero)
        let (second, asked) = machine.ask(LookupQuestion(name: "b.test"), for: fairnessKey, at: .zero)
        #expect(asked == [])
        #expect(machine.waitingCount == 1)
        _ = machine.began(1, at: .zero)
        #expect(machine.returned(1, with: .failure(found), at: at(3)).last == .call(2, "b.test", .both))
        #expect(machine.began(2, at: at(4)) == [.deliver(second, .started)])
    }

    @Test func `a full line is an error at once`() {
        var machine = lookups(slots: 1, waiting: 1)
        _ = machine.ask(LookupQuestion(name: "a.test"), for: fairnessKey, at: .zero)
        _ = machine.ask(LookupQuestion(name: "b.test"), for: fairnessKey, at: .zero)
        let (third, actions) = machine.ask(LookupQuestion(name: "c.test"), for: fairnessKey, at: .zero)
        let full = ResolutionError(.queueFull, "1 names wait for the resolver already")
        #expect(actions == [.deliver(third, .ended(full))])
    }

    @Test func `without any thread the lookup ends with what the system said`() {
        var machine = lookups()
        let (lookup, _) = machine.ask(LookupQuestion(name: "a.test"), for: fairnessKey, at: .zero)
        #expect(
            machine.foundNoThread(for: 1, "try again")
                == [.deliver(lookup, .ended(ResolutionError(.noThread, "try again")))]
        )
        #expect(machine.callCount == 0)
        #expect(machine.waitingCount == 0)
    }

    @Test func `without a further thread the lookup waits for one that is there`() {
        var machine = lookups()
        _ = machine.ask(LookupQuestion(name: "a.test"), for: fairnessKey, at: .zero)
        _ = machine.began(1, at: .zero)
        let (second, _) = machine.ask(LookupQuestion(name: "b.test"), for: fairnessKey, at: .zero)
        #expect(machine.foundNoThread(for: 2, "try again") == [])
        #expect(machine.waitingCount == 1)
        #expect(machine.returned(1, with: .failure(found), at: at(9)).last == .call(3, "b.test", .both))
        #expect(machine.began(3, at: at(9)) == [.deliver(second, .started)])
    }

    @Test func `a name that was lately answered fast has a reserved slot, whatever the line`() {
        var machine = lookups(slots: 1, reservedSlots: 4)
        _ = machine.ask(LookupQuestion(name: "fast.test"), for: fairnessKey, at: .zero)
        _ = machine.began(1, at: .zero)
        _ = machine.returned(1, with: .success([four]), at: at(1))
        for name in ["a.test", "b.test", "c.test"] {
            _ = machine.ask(LookupQuestion(name: name), for: fairnessKey, at: at(2))
        }
        let (_, actions) = machine.ask(LookupQuestion(name: "FAST.test"), for: fairnessKey, at: at(3))
        #expect(actions == [.call(3, "FAST.test", .both)])
    }
}

@Suite struct `Nobody waits any more` {
    @Test func `a lookup in line is gone at once`() {
        var machine = lookups(slots: 1)
        _ = machine.ask(LookupQuestion(name: "a.test"), for: fairnessKey, at: .zero)
        let (second, _) = machine.ask(LookupQuestion(name: "b.test"), for: fairnessKey, at: .zero)
        let isGone = machine.cancel(second)
        #expect(isGone)
        #expect(machine.waitingCount == 0)
        _ = machine.began(1, at: .zero)
        #expect(!machine.returned(1, with: .failure(found), at: at(3)).contains(.call(2, "b.test", .both)))
    }

    @Test func `one inside is listed as abandoned, keeps its slot, and serves whoever joins`() {
        var machine = lookups(slots: 1)
        let (lookup, _) = machine.ask(LookupQuestion(name: "a.test"), for: fairnessKey, at: .zero)
        _ = machine.began(1, at: at(5))
        let isGone = machine.cancel(lookup)
        #expect(!isGone)
        let line = SystemLookup(
            name: "a.test",
            families: .both,
            fairnessKey: fairnessKey,
            stage: .inside,
            age: at(95),
            isAbandoned: true,
            hasSecondCall: false
        )
        #expect(machine.snapshot(at: at(100)) == [line])
        let (_, waiting) = machine.ask(LookupQuestion(name: "b.test"), for: fairnessKey, at: at(100))
        #expect(waiting == [])
        #expect(machine.add(FairnessKey(label: "other"), to: lookup) == [])
        #expect(machine.snapshot(at: at(101)).map(\.isAbandoned) == [false, false])
        #expect(
            machine.returned(1, with: .success([four]), at: at(102)).first
                == .deliver(lookup, answer([four], settling: .both))
        )
    }

    @Test func `the live view lists the longest first, with who waits and who is inside`() {
        var machine = lookups(slots: 1)
        _ = machine.ask(LookupQuestion(name: "a.test"), for: fairnessKey, at: .zero)
        _ = machine.began(1, at: at(1))
        _ = machine.ask(LookupQuestion(name: "b.test"), for: FairnessKey(label: "b"), at: at(40))
        let view = machine.snapshot(at: at(100))
        #expect(view.map(\.name) == ["a.test", "b.test"])
        #expect(view.map(\.stage) == [.inside, .waiting])
        #expect(view.map(\.age) == [at(99), at(60)])
        #expect(view.map(\.fairnessKey) == [fairnessKey, FairnessKey(label: "b")])
    }
}

@Suite struct `Names lately answered fast` {
    @Test func `are remembered for a minute since the last fast answer`() {
        var names = FastNames()
        names.insert("a.test", at: .zero)
        #expect(names.contains("a.test", at: .seconds(60)))
        #expect(!names.contains("a.test", at: .seconds(61)))
        names.insert("a.test", at: .seconds(31))
        #expect(names.contains("a.test", at: .seconds(91)))
        #expect(!names.contains("b.test", at: .zero))
    }

    @Test func `the oldest is forgotten when there are too many`() {
        var names = FastNames()
        for number in 0...1_024 { names.insert("\(number).test", at: .seconds(1)) }
        #expect(!names.contains("0.test", at: .seconds(1)))
        #expect(names.contains("1.test", at: .seconds(1)))
        #expect(names.contains("1024.test", at: .seconds(1)))
    }
}
