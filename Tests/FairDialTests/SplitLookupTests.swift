// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution
import Testing

@testable import FairDial

/// What NIO's connector is told of a lookup, in two parts.
@Suite struct `A lookup in two parts` {
    private static let four = IPAddress.v4(.loopback)
    private static let six = IPAddress.v6(.loopback, zone: nil)

    private func lookup(vetoing vetoed: IPAddress? = nil) -> SplitLookup {
        SplitLookup(
            port: 80,
            timeouts: FilledTimeouts(queue: .seconds(30), lookup: .seconds(10)),
            resolutionDelay: .milliseconds(50),
            order: AddressOrder(routes: NoRoutes()),
            at: .zero,
            veto: { $0 == vetoed ? "forbidden" : nil }
        )
    }

    private func answer(_ addresses: [IPAddress], settling families: AddressFamilies) -> LookupEvent {
        .answered(
            LookupResult(families: families, addresses: addresses, isInDestinationOrder: false, source: .dns)
        )
    }

    @Test func `both families in one answer are the first part, and nothing is the second`() {
        var lookup = lookup()
        #expect(lookup.told(.started, at: .zero) == [])
        let event = LookupEvent.answered(
            LookupResult(
                families: .both,
                addresses: [Self.six, Self.four],
                isInDestinationOrder: true,
                source: .system
            )
        )
        #expect(lookup.told(event, at: .zero) == [.tellFirst([Self.six, Self.four]), .tellSecond([])])
        #expect(lookup.told(.ended(nil), at: .zero) == [])
        #expect(lookup.wakeTime == nil)
    }

    @Test func `IPv6 is dialed at once, and what comes later is the second part`() {
        var lookup = lookup()
        _ = lookup.told(.started, at: .zero)
        #expect(lookup.told(answer([Self.six], settling: .ipv6), at: .seconds(1)) == [.tellFirst([Self.six])])
        #expect(lookup.told(answer([Self.four], settling: .ipv4), at: .seconds(2)) == [.tellSecond([Self.four])])
    }

    @Test func `IPv4 waits for IPv6 as long as the resolution delay`() {
        var lookup = lookup()
        _ = lookup.told(.started, at: .zero)
        #expect(lookup.told(answer([Self.four], settling: .ipv4), at: .seconds(1)) == [])
        #expect(lookup.wakeTime == .milliseconds(1_050))
        #expect(lookup.advance(to: .milliseconds(1_049)) == [])
        #expect(lookup.advance(to: .milliseconds(1_050)) == [.tellFirst([Self.four])])
        // A silent AAAA ends with the lookup's time.
        #expect(lookup.wakeTime == .seconds(10))
        #expect(lookup.advance(to: .seconds(10)) == [.catchUp])
        #expect(lookup.told(.caughtUp, at: .seconds(10)) == [.cancel, .tellSecond([])])
    }

    @Test func `what has come by the end of the time counts`() {
        var lookup = lookup()
        _ = lookup.told(.started, at: .zero)
        #expect(lookup.advance(to: .seconds(11)) == [.catchUp])
        #expect(lookup.told(answer([Self.six], settling: .ipv6), at: .seconds(11)) == [.tellFirst([Self.six])])
        #expect(lookup.told(.caughtUp, at: .seconds(11)) == [.cancel, .tellSecond([])])
    }

    @Test func `the queue and the lookup have clocks of their own`() {
        var queued = lookup()
        #expect(queued.wakeTime == .seconds(30))
        #expect(queued.advance(to: .seconds(30)) == [.catchUp])
        let timeout = failure(in: queued.cannotCatchUp(at: .seconds(30)))
        #expect(timeout?.code == .queueTimeout)
        #expect(timeout?.report == DialReport(queue: .seconds(30)).unanswered(.both))
        var started = lookup()
        _ = started.told(.started, at: .seconds(29))
        #expect(started.wakeTime == .seconds(39))
        #expect(started.advance(to: .seconds(39)) == [.catchUp])
        started.silentServers = [Endpoint(address: .v4(.loopback), port: 53)]
        let silence = failure(in: started.cannotCatchUp(at: .seconds(40)))
        #expect(silence?.code == .lookupTimeout)
        #expect(silence?.message == "the lookup was not answered within 10 s: no answer from 127.0.0.1")
        #expect(silence?.report == DialReport(queue: .seconds(29), lookup: .seconds(11)).unanswered(.both))
    }

    @Test func `a slot that is told of while the queue's end is judged begins the lookup`() {
        var queued = lookup()
        #expect(queued.advance(to: .seconds(30)) == [.catchUp])
        #expect(queued.told(.started, at: .seconds(30)) == [])
        #expect(queued.told(.caughtUp, at: .seconds(30)) == [])
        #expect(queued.wakeTime == .seconds(40))
    }

    @Test func `what answers without a slot ends the queue`() {
        var lookup = lookup()
        _ = lookup.told(answer([], settling: .ipv4), at: .seconds(3))
        #expect(lookup.wakeTime == .seconds(13))
        let end = failure(in: lookup.told(.ended(nil), at: .seconds(5)))
        #expect(end?.code == .nameNotFound)
        #expect(end?.report == DialReport(queue: .seconds(3), lookup: .seconds(2), source: .dns).unanswered(.ipv6))
    }

    /// What the last action fails with.
    private func failure(in actions: [SplitLookup.Action]) -> SplitLookup.Failure? {
        if case .fail(let failure)? = actions.last { return failure }
        Issue.record("no failure: \(actions)")
        return nil
    }

    @Test func `a name without addresses, and one that is forbidden, say so, with every cause`() {
        var missing = lookup()
        #expect(missing.told(.started, at: .seconds(1)) == [])
        #expect(missing.told(answer([], settling: .ipv4), at: .seconds(2)) == [])
        let error = ResolutionError(.nameNotFound, "no such name")
        let end = failure(in: missing.told(.ended(error), at: .seconds(4)))
        #expect(end?.code == .nameNotFound)
        #expect(end?.message == "no such name")
        #expect(end?.resolutionError == error)
        #expect(end?.report == DialReport(queue: .seconds(1), lookup: .seconds(3), source: .dns).unanswered(.ipv6))
        var forbidden = lookup(vetoing: Self.four)
        _ = forbidden.told(answer([Self.four], settling: .ipv4), at: .zero)
        let broken = ResolutionError(.temporaryFailure, "SERVFAIL")
        let refusal = failure(in: forbidden.told(.ended(broken), at: .zero))
        #expect(refusal?.code == .refusedByPolicy)
        #expect(refusal?.message == "the policy forbids every address: 127.0.0.1:80 forbidden, lookup: SERVFAIL")
        #expect(refusal?.report.attempts.map(\.outcome) == [.vetoed])
        #expect(refusal?.resolutionError == broken)
    }

    @Test func `of a hundred thousand addresses 256 of each family are told, and those that may be dialed`() {
        let many = (0..<UInt32(100_000)).map { IPAddress.v4(IPv4Address(bits: 0x0A00_0000 + $0)) }
        var lookup = lookup()
        let actions = lookup.told(answer(many + [Self.six], settling: .both), at: .zero)
        guard case .tellFirst(let addresses)? = actions.first else { Issue.record("nothing told"); return }
        #expect(addresses.count == 257)
        #expect(addresses.contains(Self.six))
    }

    @Test func `it says everything once, whatever comes after`() {
        var lookup = lookup()
        _ = lookup.told(answer([Self.six], settling: .both), at: .zero)
        for event in [.started, .caughtUp, .ended(nil), answer([Self.four], settling: .ipv4)] as [LookupEvent] {
            #expect(lookup.told(event, at: .seconds(1)) == [])
        }
        #expect(lookup.advance(to: .seconds(100)) == [])
        #expect(lookup.cannotCatchUp(at: .seconds(100)) == [])
    }
}

extension DialReport {
    /// The same with families that have not been answered.
    fileprivate func unanswered(_ families: AddressFamilies) -> DialReport {
        var report = self
        report.unanswered = families
        return report
    }
}
