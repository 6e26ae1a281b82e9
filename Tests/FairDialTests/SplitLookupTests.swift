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
            timeouts: Timeouts(queue: .seconds(30), lookup: .seconds(10)),
            resolutionDelay: .milliseconds(50),
            routes: NoRoutes(),
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
        guard case .fail(.queueTimeout, _)? = queued.cannotCatchUp().last else { Issue.record("no timeout"); return }
        var started = lookup()
        _ = started.told(.started, at: .seconds(29))
        #expect(started.wakeTime == .seconds(39))
        #expect(started.advance(to: .seconds(39)) == [.catchUp])
        guard case .fail(.lookupTimeout, _)? = started.cannotCatchUp().last else { Issue.record("no timeout"); return }
    }

    @Test func `a name without addresses, and one that is forbidden, say so`() {
        var missing = lookup()
        #expect(missing.told(answer([], settling: .ipv4), at: .zero) == [])
        #expect(
            missing.told(.ended(ResolutionError(.nameNotFound, "no such name")), at: .zero)
                == [.fail(.nameNotFound, "no such name")]
        )
        var forbidden = lookup(vetoing: Self.four)
        _ = forbidden.told(answer([Self.four], settling: .ipv4), at: .zero)
        #expect(
            forbidden.told(.ended(nil), at: .zero)
                == [.fail(.refusedByPolicy, "the policy refuses every address: 127.0.0.1 forbidden")]
        )
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
        #expect(lookup.cannotCatchUp() == [])
    }
}
