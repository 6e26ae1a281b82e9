// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import NameResolution
import Testing

@testable import FairDial

/// A network tells of its translators in its answer for one name.
@Suite(.timeLimit(.minutes(15))) struct `NAT64 prefixes of the network, RFC 7050` {
    private func prefixes(_ answer: @Sendable (ScriptedLookup) -> Void) async throws -> [String] {
        // The policy of the dialer must not be asked: what comes is nothing to be dialed.
        let world = ScriptedWorld(policy: .publicInternetOnly)
        async let prefixes = world.dialer.nat64Prefixes()
        let lookup = try await world.resolver.nextLookup()
        #expect(lookup.question.name == "ipv4only.arpa.")
        #expect(lookup.question.families == .ipv6)
        await world.clock.sleepers()
        answer(lookup)
        return try await prefixes.map { "\($0.network)" }
    }

    @Test func `are in the addresses of ipv4only.arpa`() async throws {
        let addresses = try ["2001:db8:64::192.0.0.170", "2001:db8:64::192.0.0.171"].map { try IPAddress($0) }
        let found = try await prefixes { lookup in
            lookup.answer(addresses)
            lookup.end()
        }
        #expect(found == ["2001:db8:64::/96"])
    }

    @Test func `are none where it has none`() async throws {
        let found = try await prefixes { lookup in
            lookup.answer([])
            lookup.end()
        }
        #expect(found == [])
    }

    @Test func `are not known where the name service fails`() async throws {
        let world = ScriptedWorld()
        async let error = refusal(of: world.dialer)
        let lookup = try await world.resolver.nextLookup()
        await world.clock.sleepers()
        lookup.end(ResolutionError(.temporaryFailure, "SERVFAIL"))
        #expect(await error?.code == .temporaryNameFailure)
    }

    private func refusal(of dialer: Dialer) async -> DialError? {
        await failure { try await dialer.nat64Prefixes() }
    }
}
