// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import Testing

@Suite struct `Special purposes, RFC 6890` {
    @Test(arguments: SpecialPurposeBlock.all)
    func `a block's first and last address have its purpose and its reachability`(block: SpecialPurposeBlock) throws {
        let last = try #require(block.network.lastAddress)
        for address in [block.network.address, last] {
            let judged = try #require(Registry.narrowest(address))
            #expect(address.specialPurpose == judged.purpose)
            #expect(address.isGloballyReachable == judged.isGloballyReachable)
            #expect(block.network.contains(address))
        }
        // A narrower row may take one end (`::/96`, `240.0.0.0/4`), never both.
        let narrower = [block.network.address, last].filter { SpecialPurposeBlock.containing($0) != block }
        #expect(narrower.count < 2)
    }

    @Test(arguments: SpecialPurposeBlock.all)
    func `a block's neighbours are outside, unless another row of that purpose holds them`(block: SpecialPurposeBlock) {
        for neighbour in [block.network.address.previous, block.network.lastAddress?.next].compactMap(\.self) {
            #expect(!block.network.contains(neighbour))
            #expect(SpecialPurposeBlock.containing(neighbour) != block)
            #expect(neighbour.specialPurpose == Registry.narrowest(neighbour)?.purpose)
            #expect(neighbour.isGloballyReachable == Registry.isGloballyReachable(neighbour))
            let others = SpecialPurposeBlock.all.filter { $0.purpose == block.purpose && $0 != block }
            if !others.contains(where: { $0.network.contains(neighbour) }) {
                #expect(neighbour.specialPurpose != block.purpose)
            }
        }
    }

    @Test func `the table is the registries', row by row`() throws {
        let (registered, others) = (
            SpecialPurposeBlock.all.filter(\.isRegistered), SpecialPurposeBlock.all.filter { !$0.isRegistered }
        )
        for (blocks, rows) in [(registered, Registry.registered), (others, Registry.others)] {
            let texts = blocks.map { "\($0.network) \($0.purpose) \($0.globalReachability)" }
            #expect(texts.sorted() == rows.map { "\($0.network) \($0.purpose) \($0.globalReachability)" }.sorted())
        }
        #expect(SpecialPurposeRegistry.updated == Registry.updated)
        let rows = Registry.rows
        #expect(Set(SpecialPurposeBlock.all.map(\.network)).count == rows.count)
        #expect(Set(SpecialPurposeBlock.all.map(\.purpose)) == Set(SpecialPurpose.allCases))
    }

    @Test func `the most specific row stands first`() {
        let lengths = SpecialPurposeBlock.all.map(\.network.prefixLength)
        #expect(lengths == lengths.sorted(by: >))
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
        "223.255.255.255", "2001:4860:4860::8888", "2606:4700::1111", "2001:200::", "2003::", "2000::", "3fff:1000::",
    ])
    func `an ordinary address has no purpose and is reachable from everywhere`(text: String) throws {
        let address = try IPAddress(text)
        #expect(address.specialPurpose == nil)
        #expect(address.isGloballyReachable)
        #expect(predicates.allSatisfy { !$0.holds(address) })
    }

    @Test(arguments: [
        "4000::", "fe00::", "::1:0:0:0", "64:ff9b:0:1::", "64:ff9b:2::1", "100:0:0:2::", "200::1", "1fff::", "4000::1",
        "fe00::1",
        "64:ff9a::1", "5eff::", "8000::1", "fbff::1",
    ])
    func `an IPv6 address that is not given out has no purpose and is not reachable`(text: String) throws {
        let address = try IPAddress(text)
        #expect(address.specialPurpose == nil)
        #expect(!address.isGloballyReachable)
        #expect(predicates.allSatisfy { !$0.holds(address) })
    }

    @Test(arguments: [
        ("0.0.0.0", "unspecified"), ("::", "unspecified"),
        ("127.0.0.0", "loopback"), ("127.255.255.255", "loopback"), ("::1", "loopback"), ("::1%1", "loopback"),
        ("10.1.2.3", "private"), ("172.31.0.1", "private"), ("192.168.1.1", "private"),
        ("100.64.0.1", "shared"), ("100.127.255.255", "shared"),
        ("169.254.169.254", "linkLocal"), ("fe80::1%eth0", "linkLocal"), ("febf::1", "linkLocal"),
        ("fc00::1", "uniqueLocal"), ("fdff::1", "uniqueLocal"),
        ("224.0.0.1", "multicast"), ("239.255.255.255", "multicast"), ("ff02::1%3", "multicast"),
        ("192.0.2.1", "documentation"), ("198.51.100.1", "documentation"), ("203.0.113.1", "documentation"),
        ("2001:db8::1", "documentation"), ("3fff:fff::1", "documentation"),
    ])
    func `an address has the one predicate of its block`(text: String, name: String) throws {
        let address = try IPAddress(text)
        #expect(predicates.filter { $0.holds(address) }.map(\.name) == [name])
        #expect(!address.isGloballyReachable)
    }

    @Test(arguments: [
        "0.0.0.1", "126.255.255.255", "128.0.0.0", "::2", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "fec0::1",
        "255.255.255.255", "240.0.0.1", "192.0.0.1", "198.18.0.1", "192.88.99.1", "::127.0.0.1", "64:ff9b::10.0.0.1",
    ])
    func `what is near a predicate's block, or carries an address of it, has no predicate`(text: String) throws {
        let address = try IPAddress(text)
        #expect(predicates.allSatisfy { !$0.holds(address) })
    }

    @Test(arguments: [51, 52] as [UInt64])
    func `random addresses fall where the plain search finds them, and loopback agrees with the table`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<3_000 {
            let address = RandomValues.address(using: &generator)
            let row = Registry.narrowest(address)
            #expect(address.specialPurpose == row?.purpose)
            #expect(address.isGloballyReachable == Registry.isGloballyReachable(address))
            #expect(address.isLoopback == (row?.purpose == .loopback))
        }
    }

    private struct Predicate {
        let name: String
        let holds: (IPAddress) -> Bool
    }

    private let predicates = [
        Predicate(name: "unspecified", holds: \.isUnspecified),
        Predicate(name: "loopback", holds: \.isLoopback),
        Predicate(name: "private", holds: \.isPrivate),
        Predicate(name: "shared", holds: \.isShared),
        Predicate(name: "linkLocal", holds: \.isLinkLocal),
        Predicate(name: "uniqueLocal", holds: \.isUniqueLocal),
        Predicate(name: "multicast", holds: \.isMulticast),
        Predicate(name: "documentation", holds: \.isDocumentation),
    ]
}
