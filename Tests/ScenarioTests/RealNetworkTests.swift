// SPDX-License-Identifier: Apache-2.0

import Testing

/// The built command on a real network: two hosts, a link, a firewall.
@Suite(
    .serialized,
    .tags(.wallClock),
    .enabled(if: TwoHosts.areHere, "needs network namespaces, nftables and TAP devices")
)
struct `A real network by the wall clock` {
    private static let working = "203.0.113.2"
    private static let silent = "203.0.113.20"

    /// What a dial makes of the server's rejections, by the last number of the address.
    private static let ipv4Rejections = [
        // A reset by the firewall.
        21: "refused",
        // ICMP: host, net, port, protocol; prohibited by an administrator, for the host, for the net.
        22: "unreachable", 23: "unreachable", 24: "refused", 25: "unreachable",
        26: "unreachable", 27: "unreachable", 28: "unreachable",
    ]
    private static let ipv6Rejections = [
        21: "refused",
        // ICMPv6: no route, prohibited, address, port.
        22: "unreachable", 23: "unreachable", 24: "unreachable", 25: "refused",
    ]

    @Test func `every answer that a network can give is an outcome of its own`() async throws {
        var outcomes = [
            "203.0.113.2": "connected",
            "2001:db8::2": "connected",
            // On the link, and no machine has it.
            "198.51.100.99": "unreachable",
            "2001:db8::99": "unreachable",
        ]
        for (last, outcome) in Self.ipv4Rejections { outcomes["203.0.113.\(last)"] = outcome }
        for (last, outcome) in Self.ipv6Rejections { outcomes["2001:db8::\(last)"] = outcome }
        // An ICMP message is lost that comes while the kernel is at work on the socket, or beyond what the kernel sends
        // in a second (icmp_msgs_per_sec): the next SYN brings another one, and the next dial more SYNs.
        var dials = try await TwoHosts.dial(outcomes.keys.map { [$0, "--connect-timeout", "20"] })
        for _ in 0..<3 {
            let silent = dials.filter { $0.value.outcomes == ["timed-out"] }.map(\.key)
            if silent.isEmpty { break }
            let again = try await TwoHosts.dial(silent.map { [$0, "--connect-timeout", "20"] })
            dials.merge(again) { $1 }
        }
        #expect(dials.mapValues(\.outcomes) == outcomes.mapValues { [$0] })
        for (host, dial) in dials {
            #expect(dial.ok == (outcomes[host] == "connected"))
            #expect(dial.error?.code == (dial.ok ? nil : "allAttemptsFailed"))
            #expect(dial.attempts.map(\.address) == [host])
        }
    }

    @Test func `silence ends with the connect timeout, in either family`() async throws {
        let dials = try await TwoHosts.dial([
            [Self.silent, "--connect-timeout", "0.4"], ["2001:db8::20", "--connect-timeout", "0.4"],
        ])
        #expect(dials.count == 2)
        for dial in dials.values {
            #expect(dial.outcomes == ["timed-out"])
            #expect(dial.error?.code == "connectTimeout")
            #expect(dial.connect_s >= 0.4)
        }
    }

    @Test func `a link-local address needs its zone`() async throws {
        let dials = try await TwoHosts.dial([
            ["fe80::2%c0"], ["fe80::2%t0", "--connect-timeout", "0.4"], ["fe80::2%c9"], ["fe80::2"],
        ])
        #expect(dials["fe80::2%c0"]?.outcomes == ["connected"])
        #expect(dials["fe80::2%c0"]?.address?.hasPrefix("fe80::2%") == true)
        // The same address on a link where no machine has it, and on a link that is not there.
        #expect(dials["fe80::2%t0"]?.outcomes == ["timed-out"])
        #expect(dials["fe80::2%c9"]?.outcomes == [])
        #expect(dials["fe80::2%c9"]?.error?.code == "invalidTarget")
        #expect(dials["fe80::2"]?.outcomes == ["failed"])
        #expect(dials["fe80::2"]?.error?.message.contains("needs its interface, as in fe80::2%eth0") == true)
    }

    @Test func `a refused first address costs no delay`() async throws {
        let dials = try await TwoHosts.dial(Self.named(["2001:db8::21", Self.working]), times: 3)
        #expect(dials.count == 3)
        for dial in dials { #expect(dial.outcomes == ["refused", "connected"]) }
        #expect(try #require(dials.map(\.total_s).min()) < 0.1)
    }

    @Test func `a silent first address costs the attempt delay and one round trip, within 10 ms`() async throws {
        let dials = try await TwoHosts.dial(Self.named(["2001:db8::20", Self.working]), times: 5)
        #expect(dials.count == 5)
        for dial in dials {
            #expect(dial.outcomes == ["abandoned", "connected"])
            #expect(try #require(dial.attempts.last).started_s >= 0.25)
        }
        // The best of a few: how long it takes when nothing else needs the processors.
        #expect(try #require(dials.map(\.total_s).min()) < 0.25 + 0.01)
    }

    @Test(arguments: [["198.19.0.20", "198.19.0.2"], ["2001:db8:2::20", "2001:db8:2::2"]])
    func `the same over a line of 50 ms each way`(_ addresses: [String]) async throws {
        let dials = try await TwoHosts.dial(Self.named(addresses), times: 3)
        #expect(dials.count == 3)
        for dial in dials {
            #expect(dial.outcomes == ["abandoned", "connected"])
            #expect(dial.attempts.map(\.address) == addresses)
            // One round trip of the winner's own.
            let winner = try #require(dial.attempts.last)
            #expect(winner.ended_s - winner.started_s >= 0.1)
        }
        #expect(try #require(dials.map(\.total_s).min()) < 0.25 + 0.1 + 0.01)
    }

    @Test func `a rejection over that line ends its attempt after one round trip, and the next one starts at once`()
        async throws
    {
        // Here no answer comes so soon that the kernel is still at work on the socket: none is lost.
        let rejections =
            Self.ipv4Rejections.map { ("198.19.0.\($0)", "198.19.0.2", $1) }
            + Self.ipv6Rejections.map { ("2001:db8:2::\($0)", "2001:db8:2::2", $1) }
        let dials = try await TwoHosts.dial(
            inTurn: rejections.map { Self.named([$0.0, $0.1]) + ["--attempt-delay", "2"] }
        )
        #expect(dials.count == rejections.count)
        for (dial, (rejected, working, outcome)) in zip(dials, rejections) {
            #expect(dial.attempts.map(\.address) == [rejected, working])
            #expect(dial.outcomes == [outcome, "connected"])
            // Before the kernel would have asked a second time, and before the attempt delay.
            let end = try #require(dial.attempts.first).ended_s
            let start = try #require(dial.attempts.last).started_s
            #expect(end >= 0.1 && end < 1)
            #expect(start >= end && start < 2)
        }
        #expect(try #require(dials.map(\.total_s).min()) < 2 * 0.1 + 0.01)
    }

    @Test func `a round trip longer than the attempt delay still connects, and its own attempt wins`() async throws {
        let dials = try await TwoHosts.dial(
            Self.named(["198.19.0.2", "198.19.0.20"]) + ["--attempt-delay", "0.05"],
            times: 2
        )
        #expect(dials.count == 2)
        for dial in dials { #expect(dial.outcomes == ["connected", "abandoned"]) }
    }

    @Test func `of a hundred addresses ninety-nine refuse, and the last works, within 100 ms`() async throws {
        let addresses = (100...198).map { "203.0.113.\($0)" } + ["203.0.113.199"]
        let dials = try await TwoHosts.dial(Self.named(addresses), times: 3)
        #expect(dials.count == 3)
        for dial in dials {
            #expect(dial.outcomes == Array(repeating: "refused", count: 99) + ["connected"])
            #expect(dial.attempts.map(\.address) == addresses)
        }
        #expect(try #require(dials.map(\.total_s).min()) < 0.1)
    }

    @Test func `of ten addresses nine are silent, and the last works`() async throws {
        let addresses = (210...219).map { "203.0.113.\($0)" }
        let dials = try await TwoHosts.dial(Self.named(addresses) + ["--attempt-delay", "0.02"], times: 3)
        #expect(dials.count == 3)
        for dial in dials {
            #expect(dial.outcomes == Array(repeating: "abandoned", count: 9) + ["connected"])
            #expect(dial.address == "203.0.113.219")
            #expect(dial.attempts.map(\.address) == addresses)
            for (earlier, later) in zip(dial.attempts, dial.attempts.dropFirst()) {
                #expect(later.started_s - earlier.started_s >= 0.0199)
            }
        }
        // Nine timers one after the other, each within 10 ms.
        #expect(try #require(dials.map(\.total_s).min()) < 9 * (0.02 + 0.01))
    }

    /// Dials one name that has these addresses.
    private static func named(_ addresses: [String]) -> [String] {
        ["many.test"] + addresses.flatMap { ["--override", "many.test=\($0)"] }
    }
}
