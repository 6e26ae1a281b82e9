// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NameResolution
import Testing

@testable import FairDial

/// What may not be dialed is no answer either: the caller would dial it.
@Suite(.timeLimit(.minutes(15))) struct `An answer under a policy` {
    private let six = Destinations.to(Destinations.six1)
    private let four = Destinations.to(Destinations.four1)

    private static let noSix = AddressPolicy { address, _, _ in address != Destinations.six1 }
    private static let nothing = AddressPolicy(elsewhere: .denied)

    private func dial(_ policy: AddressPolicy, known: Bool = false) throws -> Dial {
        Dial(try DialQuestion.about(known ? nil : "db.test", goal: .answer, policy: policy))
    }

    @Test func `what is forbidden is no answer, and is told`() throws {
        var dial = try dial(Self.noSix)
        _ = dial.start(at: .zero)
        let both = LookupResult.system([Destinations.six1, Destinations.four1])
        #expect(dial.answered(both, all: [six, four], at: .zero).words == [])
        let end = dial.lookupEnded(nil, at: .milliseconds(1))
        #expect(end.report?.attempts.map(\.destination) == [six])
        #expect(end.report?.attempts.map(\.outcome) == [.vetoed])
    }

    @Test func `where everything is forbidden it is the policy that refuses`() throws {
        var dial = try dial(Self.nothing)
        _ = dial.start(at: .zero)
        let both = LookupResult.system([Destinations.six1, Destinations.four1])
        _ = dial.answered(both, all: [six, four], at: .zero)
        let end = dial.lookupEnded(nil, at: .milliseconds(1))
        #expect(end.words.last == "failed: refusedByPolicy")
        // Nothing was to be dialed, so there is no port.
        let reason = "forbidden: in no network that is allowed"
        #expect(
            end.error?.message
                == "the policy forbids every address: \(Destinations.six1) \(reason), \(Destinations.four1) \(reason)"
        )
    }

    @Test func `what was forbidden when it came stays out, whatever the policy says later`() throws {
        let isForbidden = NIOLockedValueBox(true)
        var dial = try dial(AddressPolicy { _, _, _ in !isForbidden.withLockedValue { $0 } })
        _ = dial.start(at: .zero)
        _ = dial.answered(.system([Destinations.six1], settling: .ipv6), all: [six], at: .zero)
        isForbidden.withLockedValue { $0 = false }
        _ = dial.answered(.system([], settling: .ipv4), all: [six], at: .milliseconds(1))
        #expect(dial.lookupEnded(nil, at: .milliseconds(2)).words.last == "failed: refusedByPolicy")
    }

    @Test func `a lookup's answer has what is left`() async throws {
        let world = ScriptedWorld(policy: Self.noSix)
        async let resolved = world.dialer.resolve("db.test", port: 80)
        let lookup = try await world.resolver.nextLookup()
        await world.clock.sleepers()
        lookup.answer([Destinations.six2, Destinations.six1, Destinations.four1])
        lookup.end()
        let answer = try await resolved
        #expect(Set(answer.endpoints.map(\.address)) == [Destinations.six2, Destinations.four1])
        #expect(answer.report.attempts.map(\.destination) == [six])
        #expect(world.network.opened == [])
    }

    @Test(arguments: ["192.0.2.1", "known.test"])
    func `a literal and an override are judged too`(host: String) async throws {
        var configuration = DialerConfiguration()
        configuration.policy = Self.nothing
        configuration.overrides = ["known.test": [Destinations.four1, Destinations.six1]]
        configuration.group = StoppedLoop()
        let refused = await failure { [configuration] in try await Dialer(configuration).resolve(host, port: 80) }
        #expect(refused?.code == .refusedByPolicy)
        #expect(refused?.message.contains(" 192.0.2.1 forbidden: in no network that is allowed") == true)
        configuration.policy = Self.noSix
        let answer = try await Dialer(configuration).resolve(host, port: 80)
        #expect(answer.endpoints == [Endpoint(address: Destinations.four1, port: 80)])
        #expect(answer.report.attempts.map(\.destination) == (host == "known.test" ? [six] : []))
        #expect(answer.report.source == (host == "known.test" ? .override : .numeric))
    }

    @Test(arguments: ["localhost", "0.0.0.0", "::", "127.1"])
    func `a local name's answer is judged, and what is reached counts`(host: String) async throws {
        var configuration = DialerConfiguration()
        configuration.policy = AddressPolicy(denied: [try IPNetwork("127.0.0.0/8"), try IPNetwork("::1/128")])
        let error = await failure { try await Dialer(configuration).resolve(host, port: 80) }
        #expect(error?.code == .refusedByPolicy)
    }
}
