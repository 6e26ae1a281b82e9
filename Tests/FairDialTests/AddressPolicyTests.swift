// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NameResolution
import Testing

@testable import FairDial

@Suite struct `Address policy` {
    private func vetoed(_ policy: AddressPolicy, _ text: String) throws -> String? {
        policy.veto(of: try IPAddress(text))
    }

    @Test(arguments: [
        "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "192.0.2.1",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1", "192.88.99.1", "::", "::1", "fe80::1", "fe80::1%7",
        "fc00::1", "ff02::1", "2001:db8::1", "100::1", "64:ff9b:1::1", "fec0::1", "5f00::1", "2001:2::1",
        // … and what carries such an address.
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::169.254.169.254", "2002:7f00:1::", "2002:a00:1::1",
        "::10.0.0.1",
        "2001:0:0:0:0:0:80ff:fffe", "::ffff:0:127.0.0.1", "2001:0:a00:1:8000:63bf:f7f7:f7f7",
        "2606:4700::5efe:10.0.0.1",
        "2002:808:808::200:5efe:10.0.0.1", "64:ff9b:1::8.8.8.8",
        // What has not been given out.
        "100:0:0:1::1", "200::1", "4000::1", "64:ff9b:2::1", "fe00::1", "192.88.99.2", "2001:10::1", "1000::1",
        "2001:5::1",
    ])
    func `the public internet has nothing that a registry sets aside, and nothing that is not given out`(text: String)
        throws
    {
        #expect(try vetoed(.publicInternetOnly, text)?.hasPrefix("forbidden: not of the public internet") == true)
    }

    @Test(arguments: [
        "8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "172.32.0.1",
        "100.128.0.1", "192.0.0.9", "192.0.0.10", "192.31.196.1", "192.52.193.1", "192.175.48.1", "2001:1::1",
        "2001:3::1",
        "2001:4:112::1", "2001:20::1", "2001:30::1", "2620:4f:8000::1", "::ffff:0:8.8.8.8",
        "2001:0:808:808:8000:63bf:f7f7:f7f7",
    ])
    func `what a public network reaches may be dialed`(text: String) throws {
        #expect(try vetoed(.publicInternetOnly, text) == nil)
    }

    @Test func `a policy that decides by host and port is told both, as a dial tells them`() throws {
        let asked = NIOLockedValueBox<[String]>([])
        let policy = AddressPolicy { address, host, port in
            asked.withLockedValue { $0.append("\(address) \(host ?? "-") \(port ?? 0)") }
            return port != 25
        }
        let address = try IPAddress("203.0.113.5")
        #expect(policy.veto(of: address, host: "mail.test", port: 25) == "forbidden by the caller")
        #expect(policy.veto(of: address, host: "mail.test", port: 26) == nil)
        #expect(policy.veto(of: address) == nil)
        #expect(
            asked.withLockedValue { $0 } == [
                "203.0.113.5 mail.test 25", "203.0.113.5 mail.test 26", "203.0.113.5 - 0",
            ]
        )
    }

    /// What the table finds, found the slow way.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `the networks are searched as if each was looked at`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        func address() -> IPAddress {
            // Few values for many networks, so that many contain each other.
            let few = UInt32.random(in: 0...15, using: &generator)
            if Bool.random(using: &generator) { return .v4(IPv4Address(bits: few << 28 | few)) }
            return .v6(IPv6Address(high: UInt64(few) << 60, low: UInt64(few) << 62 | UInt64(few)), zone: nil)
        }
        func network() throws -> IPNetwork {
            let address = address()
            let longest = address.family == .ipv4 ? 32 : 128
            let length = Int.random(in: 0...longest, using: &generator)
            return try #require(IPNetwork(containing: address, prefixLength: length))
        }
        let allowed = try (0..<60).map { _ in try network() }
        let denied = try (0..<60).map { _ in try network() } + allowed.prefix(5)
        let rules = NetworkRules(allowed: allowed, denied: denied)
        for _ in 0..<500 {
            let address = address()
            let expected = (allowed + denied).filter { $0.contains(address) }.max { $0.prefixLength < $1.prefixLength }
            let found = rules.rule(for: address)
            #expect(found?.network == expected)
            #expect(found?.isDenied == expected.map(denied.contains))
        }
        let zoned = try IPAddress("fe80::1%7")
        let link = try IPNetwork("fe80::/10")
        #expect(NetworkRules(allowed: [link], denied: []).rule(for: zoned)?.network == link)
    }

    @Test func `of the networks with the address the longest prefix decides, and of two alike the denied one`() throws {
        let policy = AddressPolicy(
            allowed: [try IPNetwork("10.1.0.0/16"), try IPNetwork("10.2.0.0/16")],
            denied: [try IPNetwork("10.0.0.0/8"), try IPNetwork("10.1.1.0/24"), try IPNetwork("10.2.0.0/16")]
        )
        #expect(try vetoed(policy, "10.0.0.1") == "forbidden: in 10.0.0.0/8")
        #expect(try vetoed(policy, "10.1.2.3") == nil)
        #expect(try vetoed(policy, "10.1.1.1") == "forbidden: in 10.1.1.0/24")
        #expect(try vetoed(policy, "10.2.0.1") == "forbidden: in 10.2.0.0/16")
        #expect(try vetoed(policy, "11.0.0.1") == nil)
        #expect(try vetoed(policy, "::ffff:10.0.0.1") == "forbidden: in 10.0.0.0/8")
        #expect(try vetoed(policy, "::ffff:10.1.2.3") == nil)
    }

    @Test func `an exception to the preset is a network that is allowed`() throws {
        let policy = AddressPolicy(allowed: [try IPNetwork("10.1.0.0/16")], elsewhere: .publicInternet)
        #expect(try vetoed(policy, "10.1.0.1") == nil)
        #expect(try vetoed(policy, "10.2.0.1") == "forbidden: not of the public internet (private use)")
    }

    @Test(arguments: [
        ("64:ff9b::/96", "64:ff9b::10.0.0.1"), ("64:ff9b::a00:1/128", "64:ff9b::10.0.0.1"),
        ("2002::/16", "2002:a00:1::1"),
        ("::ffff:0:0/96", "::ffff:10.0.0.1"), ("::/0", "::ffff:10.0.0.1"), ("::/0", "64:ff9b::10.0.0.1"),
        ("::/96", "::10.0.0.1"),
        ("::ffff:0:0:0/96", "::ffff:0:10.0.0.1"), ("64:ff9b:1::/48", "64:ff9b:1::10.0.0.1"),
        ("2606:4700::/32", "2606:4700::5efe:10.0.0.1"), ("2001::/32", "2001:0:a00:1:8000:63bf:f7f7:f7f7"),
        ("2001::/32", "2001:0:808:808:8000:63bf:f5ff:fffe"), ("2606:4700:64::/96", "2606:4700:64::10.0.0.1"),
    ])
    func `a network that allows the outer address does not allow the inner one`(network: String, address: String) throws
    {
        let known = try #require(NAT64Prefix(try IPNetwork("2606:4700:64::/96")))
        let written = network == "::ffff:0:0/96" ? "::ffff:0.0.0.0/96" : network
        for elsewhere in [AddressPolicy.Elsewhere.publicInternet, .denied] {
            var policy = AddressPolicy(allowed: [try IPNetwork(written)], elsewhere: elsewhere, nat64Prefixes: [known])
            #expect(try vetoed(policy, address) != nil)
            // Both are: then it is.
            policy.allowed.append(try IPNetwork("0.0.0.0/0"))
            #expect(try vetoed(policy, address) == nil)
        }
        let policy = AddressPolicy(
            allowed: [try IPNetwork(written)],
            denied: [try IPNetwork("10.0.0.0/8")],
            nat64Prefixes: [known]
        )
        #expect(try vetoed(policy, address) == "forbidden: in 10.0.0.0/8")
    }

    @Test func `a translator's prefix that is known gives more to judge, and allows nothing`() throws {
        let (inside, outside) = ("2606:4700:64::10.0.0.1", "2606:4700:64::8.8.8.8")
        var policy = AddressPolicy.publicInternetOnly
        #expect(try vetoed(policy, inside) == nil)
        policy.nat64Prefixes = [try #require(NAT64Prefix(try IPNetwork("2606:4700:64::/96")))]
        #expect(
            try vetoed(policy, inside) == "forbidden: not of the public internet (it carries 10.0.0.1: private use)"
        )
        #expect(try vetoed(policy, outside) == nil)
        policy.nat64Prefixes = [try #require(NAT64Prefix(try IPNetwork("fd00:64::/96")))]
        #expect(try vetoed(policy, "fd00:64::8.8.8.8") == "forbidden: not of the public internet (unique local)")
        policy.allowed = [try IPNetwork("fd00:64::/96")]
        #expect(try vetoed(policy, "fd00:64::8.8.8.8") == nil)
        #expect(try vetoed(policy, "fd00:64::10.0.0.1")?.contains("it carries 10.0.0.1: private use") == true)
        policy.nat64Prefixes = [try #require(NAT64Prefix(try IPNetwork("64:ff9b:1::/96")))]
        policy.allowed = [try IPNetwork("64:ff9b:1::/48")]
        #expect(try vetoed(policy, "64:ff9b:1::8.8.8.8") == nil)
        #expect(try vetoed(policy, "64:ff9b:1::10.0.0.1") != nil)
    }

    @Test func `a network of mapped addresses is the IPv4 network that it spells`() throws {
        let denying = AddressPolicy(denied: [try IPNetwork("::ffff:10.0.0.0/104")])
        for address in ["10.0.0.1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1"] {
            #expect(try vetoed(denying, address) == "forbidden: in 10.0.0.0/8")
        }
        let form = AddressPolicy(denied: [try IPNetwork("::ffff:0.0.0.0/96")])
        #expect(try vetoed(form, "::ffff:8.8.8.8") == "forbidden: in ::ffff:0.0.0.0/96")
        #expect(try vetoed(form, "8.8.8.8") == nil)
    }

    @Test func `networks that are set later count`() throws {
        var policy = AddressPolicy()
        #expect(try vetoed(policy, "10.0.0.1") == nil)
        policy.denied.append(try IPNetwork("10.0.0.0/8"))
        #expect(try vetoed(policy, "10.0.0.1") == "forbidden: in 10.0.0.0/8")
        policy.allowed = [try IPNetwork("10.0.0.0/24")]
        #expect(try vetoed(policy, "10.0.0.1") == nil)
        policy.denied = [try IPNetwork("10.0.0.0/24")]
        #expect(try vetoed(policy, "10.0.0.1") == "forbidden: in 10.0.0.0/24")
    }

    @Test func `the caller is not asked about what a network allows`() throws {
        let asked = NIOLockedValueBox([String]())
        let policy = AddressPolicy(allowed: [try IPNetwork("64:ff9b::/96")]) { address, _, _ in
            asked.withLockedValue { $0.append("\(address)") }
            return true
        }
        #expect(try vetoed(policy, "64:ff9b::8.8.8.8") == nil)
        #expect(asked.withLockedValue { $0 } == ["8.8.8.8"])
    }

    @Test func `the caller is asked for the rest, about every form`() throws {
        let asked = NIOLockedValueBox([String]())
        let policy = AddressPolicy(denied: [try IPNetwork("10.0.0.0/8")]) { address, _, _ in
            asked.withLockedValue { $0.append("\(address)") }
            return address.family == .ipv6
        }
        #expect(try vetoed(policy, "10.0.0.1") == "forbidden: in 10.0.0.0/8")
        #expect(try vetoed(policy, "::ffff:8.8.8.8") == "forbidden by the caller")
        #expect(try vetoed(policy, "2606:4700::1111") == nil)
        #expect(asked.withLockedValue { $0 } == ["::ffff:8.8.8.8", "8.8.8.8", "2606:4700::1111"])
    }
}

@Suite struct `A dial under a policy` {
    private let six = Destinations.to(Destinations.six1)
    private let four = Destinations.to(Destinations.four1)

    private func at(_ milliseconds: Int) -> Duration { .milliseconds(milliseconds) }

    private func dial(_ name: String? = "db.test", _ policy: AddressPolicy) throws -> Dial {
        Dial(try DialQuestion.about(name, goal: .socket, policy: policy))
    }

    private func forbidding(_ addresses: IPAddress...) -> AddressPolicy {
        AddressPolicy { address, _, _ in !addresses.contains(address) }
    }

    @Test func `what is forbidden is reported, and never opened`() throws {
        var dial = try dial(nil, forbidding(Destinations.six1))
        #expect(dial.start(with: [six, four], from: .numeric, at: .zero).words == ["open \(four)"])
        let end = dial.connected(four, at: at(3))
        #expect(end.words == ["connected to \(four)"])
        #expect(end.report?.attempts.map(\.destination) == [six, four])
        #expect(end.report?.attempts.map(\.outcome) == [.vetoed, .connected])
        #expect(end.report?.attempts.first?.reason == "forbidden by the caller")
    }

    @Test func `where nothing is left it is the policy that refuses`() throws {
        var dial = try dial(nil, forbidding(Destinations.six1, Destinations.four1))
        let end = dial.start(with: [six, four], from: .numeric, at: .zero)
        #expect(end.words == ["failed: refusedByPolicy"])
        #expect(end.report?.attempts.map(\.outcome) == [.vetoed, .vetoed])
        #expect(end.error?.message.contains("\(six) forbidden by the caller") == true)
    }

    @Test func `one that is forbidden and one that fails are a failure that names both`() throws {
        var dial = try dial(nil, forbidding(Destinations.six1))
        _ = dial.start(with: [six, four], from: .numeric, at: .zero)
        let end = dial.failed(four, AttemptFailure(errorNumber: 111), at: at(1), toldAt: at(1))
        #expect(end.words == ["failed: allAttemptsFailed"])
        #expect(end.report?.attempts.map(\.outcome) == [.vetoed, .refused])
    }

    @Test func `late answers are judged like the first`() throws {
        var dial = try dial(forbiddingLate)
        _ = dial.start(at: .zero)
        dial.lookupStarted(at: at(1))
        #expect(
            dial.answered(.system([Destinations.six1], settling: .ipv6), all: [six], at: at(2)).words == ["open \(six)"]
        )
        #expect(dial.answered(.system([Destinations.four1], settling: .ipv4), all: [six, four], at: at(3)).words == [])
        #expect(dial.lookupEnded(nil, at: at(3)).words == [])
        let end = dial.failed(six, AttemptFailure(errorNumber: 111), at: at(4), toldAt: at(4))
        #expect(end.words == ["failed: allAttemptsFailed"])
        #expect(end.report?.attempts.map(\.outcome) == [.refused, .vetoed])
    }

    private var forbiddingLate: AddressPolicy { forbidding(Destinations.four1) }

    private func dial(_ policy: AddressPolicy) throws -> Dial { try dial("db.test", policy) }

    @Test func `a policy that changes its mind before the attempt is obeyed`() throws {
        let isForbidden = NIOLockedValueBox(false)
        let policy = AddressPolicy { address, _, _ in
            address != Destinations.four1 || !isForbidden.withLockedValue { $0 }
        }
        var dial = try dial(nil, policy)
        #expect(dial.start(with: [six, four], from: .numeric, at: .zero).words == ["open \(six)"])
        isForbidden.withLockedValue { $0 = true }
        #expect(dial.advance(to: at(250)).words == [])
        let end = dial.failed(six, AttemptFailure(errorNumber: 111), at: at(300), toldAt: at(300))
        #expect(end.words == ["failed: allAttemptsFailed"])
        #expect(end.report?.attempts.map(\.outcome) == [.refused, .vetoed])
    }

    @Test(arguments: ["127.0.0.1", "127.1", "0x7f.0.0.1", "::ffff:127.0.0.1", "2130706433"])
    func `literals are judged whatever their form`(host: String) async throws {
        var configuration = DialerConfiguration()
        configuration.policy = .publicInternetOnly
        let error = await failure { try await Dialer(configuration).takeSocket(to: host, port: 1) }
        #expect(error?.code == .refusedByPolicy)
        #expect(error?.report.attempts.map(\.outcome) == [.vetoed])
        #expect(error?.message.contains("loopback") == true)
    }
}
