// SPDX-License-Identifier: Apache-2.0

import Testing

/// The built command on a real network: two hosts, a link, a firewall.
@Suite(.serialized, .enabled(if: TwoHosts.areHere, "needs network namespaces, nftables and TAP devices"))
struct RealNetworkTests {
    private static let working = "203.0.113.2"
    private static let silent = "203.0.113.20"

    @Test func `every answer that a network can give is an outcome of its own`() async throws {
        let outcomes = [
            "203.0.113.2": "connected",
            "2001:db8::2": "connected",
            // A reset by the firewall.
            "203.0.113.21": "refused",
            "2001:db8::21": "refused",
            // ICMP: host, net, port, protocol; prohibited by an administrator, for the host, for the net.
            "203.0.113.22": "unreachable",
            "203.0.113.23": "unreachable",
            "203.0.113.24": "refused",
            "203.0.113.25": "unreachable",
            "203.0.113.26": "unreachable",
            "203.0.113.27": "unreachable",
            "203.0.113.28": "unreachable",
            // ICMPv6: no route, prohibited, address, port.
            "2001:db8::22": "unreachable",
            "2001:db8::23": "unreachable",
            "2001:db8::24": "unreachable",
            "2001:db8::25": "refused",
            // On the link, and nobody answers for it.
            "198.51.100.99": "unreachable",
        ]
        // An ICMP message that comes while the kernel is at work on the socket is lost; the next SYN brings another one.
        let dials = try await TwoHosts.dial(outcomes.keys.map { [$0, "--connect-timeout", "60"] })
        #expect(dials.mapValues(\.outcomes) == outcomes.mapValues { [$0] })
        for (host, dial) in dials {
            #expect(dial.ok == (outcomes[host] == "connected"))
            #expect(dial.error?.code == (dial.ok ? nil : "allAttemptsFailed"))
            #expect(dial.attempts.map(\.address) == [host])
        }
    }

    @Test func `silence ends with the connect budget, in either family`() async throws {
        let dials = try await TwoHosts.dial([
            [Self.silent, "--connect-timeout", "0.4"], ["2001:db8::20", "--connect-timeout", "0.4"],
        ])
        #expect(dials.count == 2)
        for dial in dials.values {
            #expect(dial.outcomes == ["timed-out"])
            #expect(dial.error?.code == "connectTimeout")
        }
    }

    @Test func `a link-local address needs its zone`() async throws {
        let dials = try await TwoHosts.dial([["fe80::2%c0"], ["fe80::2"]])
        #expect(dials["fe80::2%c0"]?.outcomes == ["connected"])
        #expect(dials["fe80::2%c0"]?.address?.hasPrefix("fe80::2%") == true)
        #expect(dials["fe80::2"]?.outcomes == ["failed"])
        #expect(dials["fe80::2"]?.error?.message.contains("invalid argument") == true)
    }

    @Test func `a refused first address costs no delay`() async throws {
        let dials = try await TwoHosts.dial(Self.named(["2001:db8::21", Self.working]), times: 3)
        for dial in dials { #expect(dial.outcomes == ["refused", "connected"]) }
        #expect(try #require(dials.map(\.total_s).min()) < 0.1)
    }

    @Test func `a silent first address costs the attempt delay and one round trip, within 10 ms`() async throws {
        let dials = try await TwoHosts.dial(Self.named(["2001:db8::20", Self.working]), times: 5)
        for dial in dials {
            #expect(dial.outcomes == ["abandoned", "connected"])
            #expect(dial.attempts[1].started_s >= 0.25)
        }
        // The best of a few: how long it takes when nothing else needs the processors.
        #expect(try #require(dials.map(\.total_s).min()) < 0.25 + 0.01)
    }

    @Test func `the same over a line of 50 ms each way`() async throws {
        let dials = try await TwoHosts.dial(Self.named(["198.18.0.20", "198.18.0.2"]), times: 3)
        for dial in dials {
            #expect(dial.outcomes == ["abandoned", "connected"])
            // One round trip of the winner's own.
            #expect(dial.attempts[1].ended_s - dial.attempts[1].started_s >= 0.1)
        }
        #expect(try #require(dials.map(\.total_s).min()) < 0.25 + 0.1 + 0.01)
    }

    @Test func `a round trip longer than the attempt delay still connects, and its own attempt wins`() async throws {
        let dials = try await TwoHosts.dial(
            Self.named(["198.18.0.2", "198.18.0.20"]) + ["--attempt-delay", "0.05"],
            times: 2
        )
        for dial in dials { #expect(dial.outcomes == ["connected", "abandoned"]) }
    }

    @Test func `of a hundred addresses ninety-nine refuse, and the last works, within 100 ms`() async throws {
        let addresses = (100...198).map { "203.0.113.\($0)" } + ["203.0.113.199"]
        let dials = try await TwoHosts.dial(Self.named(addresses), times: 3)
        for dial in dials {
            #expect(dial.outcomes == Array(repeating: "refused", count: 99) + ["connected"])
            #expect(dial.attempts.map(\.address) == addresses)
        }
        #expect(try #require(dials.map(\.total_s).min()) < 0.1)
    }

    @Test func `of ten addresses nine are silent, and the last works`() async throws {
        let addresses = (210...219).map { "203.0.113.\($0)" }
        let dials = try await TwoHosts.dial(Self.named(addresses) + ["--attempt-delay", "0.02"], times: 2)
        for dial in dials {
            #expect(dial.outcomes == Array(repeating: "abandoned", count: 9) + ["connected"])
            #expect(dial.address == "203.0.113.219")
        }
    }

    /// Dials one name that has these addresses.
    private static func named(_ addresses: [String]) -> [String] {
        ["many.test"] + addresses.flatMap { ["--override", "many.test=\($0)"] }
    }
}
