// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution
import Testing

private let feeds = FairnessKey(label: "feeds")
private let mail = FairnessKey(label: "mail")
private let web = FairnessKey(label: "web")

private let question = LookupQuestion(name: "db.example")
private let six = IPAddress.v6(IPv6Address(high: 0x2001_0db8_0000_0000, low: 1), zone: nil)
private let four = IPAddress.v4(IPv4Address(bits: 0xC000_0201))

private func answer(_ families: AddressFamilies, _ addresses: [IPAddress], _ source: LookupSource = .dns) -> LookupEvent
{
    .answered(
        LookupResult(families: families, addresses: addresses, isInDestinationOrder: false, source: source)
    )
}

extension SharedLookups {
    fileprivate mutating func join(_ waiter: Waiter, for fairnessKey: FairnessKey = feeds) -> [Action] {
        join(question, as: waiter, for: fairnessKey)
    }
}

@Suite struct `Rule 3: the same question is one lookup` {
    @Test func `the first to ask starts it`() {
        var lookups = SharedLookups()
        #expect(lookups.join(7) == [.start(1, question, feeds)])
        #expect(lookups.count == 1)
        #expect(lookups.contains(1))
        #expect(lookups.startedCount == 1)
    }

    @Test func `whoever asks the same joins it, whatever the name's case`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        #expect(lookups.join(2) == [])
        #expect(lookups.join(LookupQuestion(name: "DB.Example"), as: 3, for: feeds) == [])
        #expect(lookups.startedCount == 1)
    }

    @Test func `who asks after the configuration has changed does not join a lookup that began before`() {
        var lookups = SharedLookups()
        #expect(lookups.join(question, as: 1, for: feeds, in: 7) == [.start(1, question, feeds)])
        #expect(lookups.join(question, as: 2, for: feeds, in: 7) == [])
        #expect(lookups.join(question, as: 3, for: feeds, in: 8) == [.start(2, question, feeds)])
        // The end of the old one is not the end of the new one.
        #expect(lookups.received(.ended(nil), for: 1) == [.deliver(1, .ended(nil)), .deliver(2, .ended(nil))])
        #expect(lookups.join(question, as: 4, for: feeds, in: 8) == [])
        #expect(lookups.received(.ended(nil), for: 2) == [.deliver(3, .ended(nil)), .deliver(4, .ended(nil))])
        #expect(lookups.count == 0)
    }

    @Test func `another name or other families are looked up on their own`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        let ipv4 = LookupQuestion(name: "db.example", families: .ipv4)
        let other = LookupQuestion(name: "db2.example")
        #expect(lookups.join(ipv4, as: 2, for: feeds) == [.start(2, ipv4, feeds)])
        #expect(lookups.join(other, as: 3, for: feeds) == [.start(3, other, feeds)])
        #expect(lookups.count == 3)
    }

    @Test func `bindings are told once, to everybody, and to whoever comes later`() throws {
        var lookups = SharedLookups()
        let record = SVCBRecord(priority: 1, target: try DomainName("web.example"))
        let bound = LookupEvent.bindings(BindingAnswer(records: [record], name: try DomainName("db.example")))
        _ = lookups.join(1)
        _ = lookups.join(2)
        #expect(lookups.received(bound, for: 1) == [.deliver(1, bound), .deliver(2, bound)])
        #expect(lookups.received(bound, for: 1) == [])
        #expect(lookups.join(3) == [.deliver(3, bound)])
    }

    @Test func `bindings that have been told are not told again when the lookup starts afresh`() throws {
        var lookups = SharedLookups()
        let bound = LookupEvent.bindings(BindingAnswer(records: [], name: try DomainName("db.example")))
        _ = lookups.join(1)
        _ = lookups.received(bound, for: 1)
        #expect(lookups.leave(1) == [.cancel(1)])
        _ = lookups.join(2)
        #expect(lookups.cancelled(1, isGone: true) == [.start(2, question, feeds)])
        #expect(lookups.received(bound, for: 2) == [])
    }

    @Test func `another fairness key joins the lookup once, so that it holds the best place any is owed`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        #expect(lookups.join(2, for: mail) == [.join(1, mail)])
        #expect(lookups.join(3, for: mail) == [])
        #expect(lookups.join(4, for: feeds) == [])
        #expect(lookups.join(5, for: web) == [.join(1, web)])
    }

    @Test func `everybody is told everything, in order`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        _ = lookups.join(2)
        #expect(lookups.received(.started, for: 1) == [.deliver(1, .started), .deliver(2, .started)])
        #expect(
            lookups.received(answer(.ipv6, [six]), for: 1)
                == [.deliver(1, answer(.ipv6, [six])), .deliver(2, answer(.ipv6, [six], .shared))]
        )
        #expect(lookups.received(.ended(nil), for: 1) == [.deliver(1, .ended(nil)), .deliver(2, .ended(nil))])
        #expect(lookups.count == 0)
    }

    @Test func `an error is everybody's`() {
        var lookups = SharedLookups()
        let error = ResolutionError(.temporaryFailure, "SERVFAIL")
        _ = lookups.join(1)
        _ = lookups.join(2)
        #expect(lookups.received(.ended(error), for: 1) == [.deliver(1, .ended(error)), .deliver(2, .ended(error))])
    }

    @Test func `whoever joins late is told what has come`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        _ = lookups.received(.started, for: 1)
        #expect(lookups.join(2) == [.deliver(2, .started)])
        _ = lookups.received(answer(.ipv6, [six]), for: 1)
        #expect(
            lookups.join(3, for: mail)
                == [.join(1, mail), .deliver(3, .started), .deliver(3, answer(.ipv6, [six], .shared))]
        )
        _ = lookups.received(answer(.ipv4, [four]), for: 1)
        #expect(
            lookups.join(4)
                == [
                    .deliver(4, .started), .deliver(4, answer(.ipv6, [six], .shared)),
                    .deliver(4, answer(.ipv4, [four], .shared)),
                ]
        )
    }

    @Test func `after the end the same question is looked up anew`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        _ = lookups.received(.ended(nil), for: 1)
        #expect(lookups.join(2) == [.start(2, question, feeds)])
        #expect(lookups.startedCount == 2)
    }

    @Test func `nothing is told about a lookup that is over or was never there`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        _ = lookups.received(.ended(nil), for: 1)
        for lookup in [1, 2] as [SharedLookups.Lookup] {
            #expect(lookups.received(.started, for: lookup) == [])
            #expect(lookups.received(answer(.both, [four]), for: lookup) == [])
            #expect(lookups.received(.ended(nil), for: lookup) == [])
            #expect(lookups.cancelled(lookup, isGone: true) == [])
        }
    }

    @Test func `a second start is not passed on`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        #expect(lookups.received(.started, for: 1) == [.deliver(1, .started)])
        #expect(lookups.received(.started, for: 1) == [])
    }
}

@Suite struct `Rule 3: whoever gives up leaves at once` {
    @Test func `the others keep the lookup`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        _ = lookups.join(2)
        _ = lookups.join(3)
        #expect(lookups.leave(2) == [])
        #expect(lookups.received(.started, for: 1) == [.deliver(1, .started), .deliver(3, .started)])
    }

    @Test func `when the one that started it leaves, the others' answer is still a shared one`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        _ = lookups.join(2)
        #expect(lookups.leave(1) == [])
        #expect(lookups.received(answer(.both, [four]), for: 1) == [.deliver(2, answer(.both, [four], .shared))])
    }

    @Test func `the last to leave cancels it`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        _ = lookups.join(2)
        #expect(lookups.leave(1) == [])
        #expect(lookups.leave(2) == [.cancel(1)])
        #expect(lookups.cancelled(1, isGone: true) == [])
        #expect(lookups.count == 0)
        #expect(lookups.received(.started, for: 1) == [])
    }

    @Test func `nobody leaves twice, or after the end`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        _ = lookups.join(2)
        #expect(lookups.leave(1) == [])
        #expect(lookups.leave(1) == [])
        #expect(lookups.leave(9) == [])
        _ = lookups.received(.ended(nil), for: 1)
        #expect(lookups.leave(2) == [])
    }

    @Test func `one that cannot be called back stays, and is joined by whoever asks next`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        _ = lookups.received(.started, for: 1)
        #expect(lookups.leave(1) == [.cancel(1)])
        #expect(lookups.cancelled(1, isGone: false) == [])
        #expect(lookups.count == 1)
        // The resolver learns that it is wanted again, though it knows the fairness key already.
        #expect(lookups.join(2) == [.join(1, feeds), .deliver(2, .started)])
        #expect(lookups.received(answer(.both, [four]), for: 1) == [.deliver(2, answer(.both, [four], .shared))])
        #expect(lookups.received(.ended(nil), for: 1) == [.deliver(2, .ended(nil))])
        #expect(lookups.startedCount == 1)
    }

    @Test func `one that nobody waits for ends without a word`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        _ = lookups.leave(1)
        _ = lookups.cancelled(1, isGone: false)
        #expect(lookups.received(.started, for: 1) == [])
        #expect(lookups.received(.ended(nil), for: 1) == [])
        #expect(lookups.count == 0)
    }

    @Test func `one that ends before it could be cancelled is over`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        #expect(lookups.leave(1) == [.cancel(1)])
        #expect(lookups.received(.ended(nil), for: 1) == [])
        #expect(lookups.cancelled(1, isGone: true) == [])
        #expect(lookups.join(2) == [.start(2, question, feeds)])
    }
}

@Suite struct `Rule 3: whoever joins what is being cancelled` {
    @Test func `gets a lookup of its own when that one is gone`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        #expect(lookups.leave(1) == [.cancel(1)])
        #expect(lookups.join(2, for: mail) == [.join(1, mail)])
        #expect(lookups.cancelled(1, isGone: true) == [.start(2, question, mail)])
        // It started this one, so it is told where the answer comes from.
        #expect(lookups.received(answer(.both, [four]), for: 2) == [.deliver(2, answer(.both, [four]))])
    }

    @Test func `shares the new one with others who did`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        _ = lookups.leave(1)
        _ = lookups.join(2, for: mail)
        _ = lookups.join(3, for: web)
        #expect(lookups.cancelled(1, isGone: true) == [.start(2, question, mail), .join(2, web)])
        #expect(lookups.received(.ended(nil), for: 2) == [.deliver(2, .ended(nil)), .deliver(3, .ended(nil))])
    }

    @Test func `is asked for under its own name, whoever else had waited`() {
        var lookups = SharedLookups()
        _ = lookups.join(1, for: feeds)
        _ = lookups.join(2, for: mail)
        _ = lookups.leave(1)
        _ = lookups.leave(2)
        _ = lookups.join(3, for: feeds)
        #expect(lookups.cancelled(1, isGone: true) == [.start(2, question, feeds)])
    }

    @Test func `keeps it when it could not be called back`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        _ = lookups.leave(1)
        _ = lookups.join(2)
        #expect(lookups.cancelled(1, isGone: false) == [])
        #expect(lookups.received(.started, for: 1) == [.deliver(2, .started)])
    }

    @Test func `is told nothing twice, neither the start nor a family's answer`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        _ = lookups.received(.started, for: 1)
        _ = lookups.received(answer(.ipv6, [six]), for: 1)
        _ = lookups.leave(1)
        #expect(lookups.join(2).contains(.deliver(2, answer(.ipv6, [six], .shared))))
        #expect(lookups.cancelled(1, isGone: true) == [.start(2, question, feeds)])
        #expect(lookups.received(.started, for: 2) == [])
        #expect(lookups.received(answer(.ipv6, [six]), for: 2) == [])
        #expect(lookups.received(answer(.both, [six, four]), for: 2) == [.deliver(2, answer(.ipv4, [four]))])
        #expect(lookups.received(.ended(nil), for: 2) == [.deliver(2, .ended(nil))])
    }

    @Test func `may leave again`() {
        var lookups = SharedLookups()
        _ = lookups.join(1)
        #expect(lookups.leave(1) == [.cancel(1)])
        _ = lookups.join(2)
        #expect(lookups.leave(2) == [.cancel(1)])
        #expect(lookups.cancelled(1, isGone: true) == [])
        #expect(lookups.cancelled(1, isGone: true) == [])
        #expect(lookups.count == 0)
    }
}

@Suite struct `Sharing is bounded work` {
    @Test func `100,000 callers of one name, half of whom leave, cost what each of them costs`() {
        var lookups = SharedLookups()
        let callers = 1...100_000 as ClosedRange<UInt64>
        var actions = 0
        for caller in callers { actions += lookups.join(caller, for: FairnessKey(label: "\(caller)")).count }
        #expect(actions == callers.count)
        for caller in callers where caller % 2 == 0 { #expect(lookups.leave(caller) == []) }
        let waiting = callers.filter { $0 % 2 == 1 }
        #expect(lookups.received(.started, for: 1) == waiting.map { .deliver($0, .started) })
        for caller in waiting.dropLast() { #expect(lookups.leave(caller) == []) }
        #expect(lookups.leave(99_999) == [.cancel(1)])
        _ = lookups.cancelled(1, isGone: true)
        for (name, size) in containerSizes(in: lookups) { #expect(size == 0, "\(name)") }
    }

    @Test func `a lookup that cannot be called back keeps no trace of who came and went`() {
        var lookups = SharedLookups()
        for caller in 1...10_000 as ClosedRange<UInt64> {
            _ = lookups.join(caller)
            _ = lookups.leave(caller)
            _ = lookups.cancelled(1, isGone: false)
        }
        #expect(lookups.count == 1)
        let sizes =
            Mirror(reflecting: lookups).descendant("lookups").map { Mirror(reflecting: $0).children } ?? .init([])
        for entry in sizes {
            for part in Mirror(reflecting: entry.value).children {
                for (name, size) in containerSizes(in: part.value) { #expect(size <= 100, "\(name)") }
            }
        }
        _ = lookups.received(.ended(nil), for: 1)
        for (name, size) in containerSizes(in: lookups) { #expect(size == 0, "\(name)") }
    }
}
