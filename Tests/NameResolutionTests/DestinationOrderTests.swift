// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import Testing

@testable import NameResolution

private typealias Candidate = DestinationOrder.Candidate

private func address(_ text: String) throws -> IPAddress { try IPAddress(text) }

/// `to` from `from`; a length after `/` is that of the source's network.
private func candidate(_ to: String, from: String?) throws -> Candidate {
    guard let from else { return Candidate(destination: try address(to), source: nil) }
    let parts = from.split(separator: "/")
    return Candidate(
        destination: try address(to),
        source: try address(String(parts[0])),
        sourcePrefixLength: parts.count == 2 ? Int(parts[1]) : nil
    )
}

/// One row: the better destination, the worse one, and the rule that says so.
struct Precedence: Sendable, CustomTestStringConvertible {
    let better: (to: String, from: String?)
    let worse: (to: String, from: String?)
    let rule: DestinationOrder.Rule

    init(_ to: String, from: String?, before other: String, from otherFrom: String?, by rule: DestinationOrder.Rule) {
        better = (to, from)
        worse = (other, otherFrom)
        self.rule = rule
    }

    var testDescription: String { "\(better.to) before \(worse.to) by \(rule)" }

    func expect(by order: DestinationOrder, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let first = try candidate(better.to, from: better.from)
        let second = try candidate(worse.to, from: worse.from)
        let destinations = [first.destination, second.destination]
        #expect(order.sorted([first, second]) == destinations, sourceLocation: sourceLocation)
        let (isFirst, by) = order.decide(first, second)
        let (isOtherFirst, otherBy) = order.decide(second, first)
        #expect([by, otherBy] == [rule, rule], sourceLocation: sourceLocation)
        guard rule != .unchanged else {
            #expect([isFirst, isOtherFirst] == [false, false], sourceLocation: sourceLocation)
            #expect(order.sorted([second, first]) == destinations.reversed(), sourceLocation: sourceLocation)
            return
        }
        #expect([isFirst, isOtherFirst] == [true, false], sourceLocation: sourceLocation)
        #expect(order.sorted([second, first]) == destinations, sourceLocation: sourceLocation)
    }
}

@Suite struct `RFC 6724 section 10.2: examples` {
    /// Those about home and deprecated addresses need what a socket does not tell.
    @Test(arguments: [
        Precedence(
            "2001:db8:1::1",
            from: "2001:db8:1::2",
            before: "198.51.100.121",
            from: "169.254.13.78",
            by: .matchingScope
        ),
        Precedence(
            "198.51.100.121",
            from: "198.51.100.117",
            before: "2001:db8:1::1",
            from: "fe80::1",
            by: .matchingScope
        ),
        Precedence("2001:db8:1::1", from: "2001:db8:1::2", before: "10.1.2.3", from: "10.1.2.4", by: .precedence),
        Precedence("fe80::1", from: "fe80::2", before: "2001:db8:1::1", from: "2001:db8:1::2", by: .smallerScope),
        Precedence(
            "2001:db8:1::1",
            from: "2001:db8:1::2",
            before: "2001:db8:3ffe::1",
            from: "2001:db8:3f44::2",
            by: .longestPrefix
        ),
        Precedence(
            "2002:c633:6401::1",
            from: "2002:c633:6401::2",
            before: "2001:db8:1::1",
            from: "2002:c633:6401::2",
            by: .matchingLabel
        ),
        Precedence(
            "2001:db8:1::1",
            from: "2001:db8:1::2",
            before: "2002:c633:6401::1",
            from: "2002:c633:6401::2",
            by: .precedence
        ),
    ])
    func `example`(row: Precedence) throws {
        try row.expect(by: DestinationOrder(table: .rfc6724))
    }
}

@Suite struct `RFC 6724 section 10.3: configuring preference for IPv4` {
    /// The default table, with IPv4 above everything else.
    private static let ipv4First = AddressPreferenceTable(
        rows: AddressPreferenceTable.rfc6724.rows.map { row in
            guard row.length == 96, row.low != 0 else { return row }
            return AddressPreferenceTable.Row(
                high: row.high,
                low: row.low,
                length: 96,
                precedence: 100,
                label: row.label
            )
        }
    )

    @Test(arguments: [
        Precedence(
            "2001:db8:1::1",
            from: "2001:db8::2",
            before: "198.51.100.121",
            from: "169.254.13.78",
            by: .matchingScope
        ),
        Precedence(
            "198.51.100.121",
            from: "198.51.100.117",
            before: "2001:db8:1::1",
            from: "fe80::1",
            by: .matchingScope
        ),
        Precedence("10.1.2.3", from: "10.1.2.4", before: "2001:db8:1::1", from: "2001:db8::2", by: .precedence),
    ])
    func `scope goes first, and then IPv4`(_ row: Precedence) throws {
        try row.expect(by: DestinationOrder(table: Self.ipv4First))
    }

    @Test func `with the default table the last of these goes the other way`() throws {
        try Precedence("2001:db8:1::1", from: "2001:db8::2", before: "10.1.2.3", from: "10.1.2.4", by: .precedence)
            .expect(by: DestinationOrder(table: .rfc6724))
    }
}

@Suite struct `RFC 6724 section 6: rules` {
    @Test(arguments: [
        Precedence("2001:db8::1", from: "2001:db8::2", before: "192.0.2.1", from: nil, by: .usable),
        Precedence("192.0.2.1", from: "192.0.2.2", before: "::1", from: nil, by: .usable),
        // Out of reach both: the table decides, sources do not.
        Precedence("2001:db8::1", from: nil, before: "192.0.2.1", from: nil, by: .precedence),
        Precedence("fe80::1", from: nil, before: "2001:db8::1", from: nil, by: .smallerScope),
        Precedence("2001:db8::1", from: nil, before: "2001:db8::2", from: nil, by: .unchanged),
    ])
    func `rule 1: avoid unusable destinations`(row: Precedence) throws {
        try row.expect(by: DestinationOrder(table: .rfc6724))
        try row.expect(by: DestinationOrder(table: .glibc))
    }

    @Test(arguments: [
        Precedence("192.0.2.1", from: "192.0.2.2", before: "2001:db8::1", from: "fe80::2", by: .matchingScope),
        Precedence("ff02::1", from: "fe80::1", before: "ff05::1", from: "fe80::1", by: .matchingScope),
        Precedence("ff05::1", from: "fec0::1", before: "ff02::1", from: "fec0::1", by: .matchingScope),
        Precedence("127.0.0.1", from: "127.0.0.1", before: "192.0.2.1", from: "127.0.0.1", by: .matchingScope),
        Precedence("169.254.1.1", from: "169.254.1.2", before: "192.0.2.1", from: "169.254.1.2", by: .matchingScope),
        Precedence("::1", from: "::1", before: "2001:db8::1", from: "::1", by: .matchingScope),
    ])
    func `rule 2: prefer matching scope`(row: Precedence) throws {
        try row.expect(by: DestinationOrder(table: .rfc6724))
        try row.expect(by: DestinationOrder(table: .glibc))
    }

    @Test func `private and shared IPv4 addresses are of global scope`() throws {
        // RFC 6724 §3.2 says so; RFC 3484 had them as site-local.
        for text in ["10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1"] {
            let row = Precedence(text, from: "192.0.2.2", before: "198.51.100.1", from: "192.0.2.2", by: .unchanged)
            try row.expect(by: DestinationOrder())
        }
    }

    @Test(arguments: [
        Precedence("fd00::1", from: "fd00::2", before: "2001:db8::1", from: "fd00::2", by: .matchingLabel),
        Precedence("2001:db8::1", from: "2001:db8::2", before: "fd00::1", from: "2001:db8::2", by: .matchingLabel),
        Precedence("192.0.2.1", from: "192.0.2.2", before: "2001:db8::1", from: "2002::1", by: .matchingLabel),
    ])
    func `rule 5: prefer matching label`(row: Precedence) throws {
        try row.expect(by: DestinationOrder(table: .rfc6724))
        try row.expect(by: DestinationOrder(table: .glibc))
    }

    @Test(arguments: [
        Precedence("::1", from: "::1", before: "fe80::1", from: "fe80::1", by: .precedence),
        Precedence("2001:db8::1", from: "2001:db8::2", before: "192.0.2.1", from: "192.0.2.2", by: .precedence),
        Precedence("::1", from: "::1", before: "127.0.0.1", from: "127.0.0.1", by: .precedence),
        Precedence("2001:db8::1", from: "2001:db8::2", before: "2002::1", from: "2002::2", by: .precedence),
    ])
    func `rule 6: prefer higher precedence`(row: Precedence) throws {
        try row.expect(by: DestinationOrder(table: .rfc6724))
        try row.expect(by: DestinationOrder(table: .glibc))
    }

    @Test(arguments: [
        Precedence("fe80::1", from: "fe80::2", before: "2001:db8::1", from: "2001:db8::2", by: .smallerScope),
        Precedence("127.0.0.1", from: "127.0.0.1", before: "192.0.2.1", from: "192.0.2.2", by: .smallerScope),
        Precedence("169.254.0.1", from: "169.254.0.2", before: "192.0.2.1", from: "192.0.2.2", by: .smallerScope),
    ])
    func `rule 8: prefer smaller scope`(row: Precedence) throws {
        try row.expect(by: DestinationOrder(table: .rfc6724))
        try row.expect(by: DestinationOrder(table: .glibc))
    }

    @Test(arguments: [
        Precedence(
            "2001:db8:1::1",
            from: "2001:db8:1::2",
            before: "2001:db8:2::1",
            from: "2001:db8:1::2",
            by: .longestPrefix
        ),
        Precedence("2001:db8::1", from: "2001:db8::1", before: "2001:db8::2", from: "2001:db8::1", by: .longestPrefix),
        Precedence(
            "2001:db8::1:0:0:1",
            from: "2001:db8::1:0:0:2",
            before: "2001:db8::3:0:0:1",
            from: "2001:db8::1:0:0:2",
            by: .longestPrefix
        ),
        Precedence("192.0.2.3", from: "192.0.2.2/24", before: "192.0.2.200", from: "192.0.2.2/24", by: .longestPrefix),
        Precedence(
            "192.0.2.200",
            from: "192.0.2.2/24",
            before: "198.51.100.1",
            from: "192.0.2.2/24",
            by: .longestPrefix
        ),
        Precedence("192.0.2.2", from: "192.0.2.2/32", before: "192.0.2.3", from: "192.0.2.2/32", by: .longestPrefix),
        // Outside the source's own network, IPv4's common bits mean nothing; nor do they where it is not known.
        Precedence("198.51.100.1", from: "192.0.2.2/24", before: "192.1.2.1", from: "192.0.2.2/24", by: .unchanged),
        Precedence("192.0.2.200", from: "192.0.2.2", before: "192.0.2.3", from: "192.0.2.2", by: .unchanged),
        // … but for the machine's own address.
        Precedence("192.0.2.2", from: "192.0.2.2", before: "192.0.2.3", from: "192.0.2.2", by: .longestPrefix),
        Precedence("192.0.2.2", from: "192.0.2.2/0", before: "192.0.2.3", from: "192.0.2.2/0", by: .longestPrefix),
        Precedence("192.0.2.200", from: "192.0.2.2/0", before: "192.0.2.3", from: "192.0.2.2/0", by: .unchanged),
    ])
    func `rule 9: use the longest matching prefix`(row: Precedence) throws {
        try row.expect(by: DestinationOrder())
    }

    @Test(arguments: [
        Precedence("192.0.2.1", from: "192.0.2.1/24", before: "192.0.2.1", from: "192.0.2.1/24", by: .unchanged),
        Precedence("fe80::1%2", from: "fe80::9%2", before: "fe80::1%3", from: "fe80::9%3", by: .unchanged),
        Precedence("2001:db8::4", from: "2001:db8::1", before: "2001:db8::5", from: "2001:db8::1", by: .unchanged),
    ])
    func `rule 10: otherwise leave the order unchanged`(row: Precedence) throws {
        try row.expect(by: DestinationOrder())
    }
}

@Suite struct `Address preference tables` {
    @Test(arguments: [
        ("::1", 50, 0), ("192.0.2.1", 35, 4), ("::ffff:192.0.2.1", 35, 4), ("::192.0.2.1", 1, 3), ("::", 1, 3),
        ("2001::1", 5, 5), ("2001:db8::1", 40, 1), ("2002::1", 30, 2), ("3ffe::1", 1, 12), ("fec0::1", 1, 11),
        ("feff::1", 1, 11), ("fc00::1", 3, 13), ("fd00::1", 3, 13), ("fe80::1", 40, 1), ("ff02::1", 40, 1),
    ])
    func `RFC 6724 section 2.1`(text: String, precedence: Int, label: Int) throws {
        let row = AddressPreferenceTable.rfc6724.row(for: try address(text))
        #expect([row.precedence, row.label] == [precedence, label])
    }

    /// glibc's `default_labels` and `default_precedence`, which are RFC 3484's with later labels.
    @Test(arguments: [
        ("::1", 50, 0), ("192.0.2.1", 10, 4), ("::ffff:192.0.2.1", 10, 4), ("::192.0.2.1", 20, 3), ("::", 20, 3),
        ("2001::1", 40, 7), ("2001:db8::1", 40, 1), ("2002::1", 30, 2), ("3ffe::1", 40, 1), ("fec0::1", 40, 5),
        ("feff::1", 40, 5), ("fc00::1", 40, 6), ("fd00::1", 40, 6), ("fe80::1", 40, 1), ("ff02::1", 40, 1),
    ])
    func `glibc's`(text: String, precedence: Int, label: Int) throws {
        let row = AddressPreferenceTable.glibc.row(for: try address(text))
        #expect([row.precedence, row.label] == [precedence, label])
    }

    @Test func `the longest prefix stands first, and the last row fits everything`() {
        for table in [AddressPreferenceTable.rfc6724, .glibc] {
            #expect(table.rows.last?.length == 0)
            for (number, row) in table.rows.dropLast().enumerated() {
                let inside = IPAddress.v6(IPv6Address(high: row.high, low: row.low), zone: nil)
                #expect(table.row(for: inside) == row, "row \(number) is hidden")
            }
        }
    }

    /// Where the C library leaves RFC 6724: a unique local address is as good as a global one.
    @Test func `unique local addresses come after IPv4 by the RFC, and before it in glibc`() throws {
        let local = try candidate("fd00::1", from: "fd00::2")
        let four = try candidate("192.0.2.1", from: "192.0.2.2")
        #expect(DestinationOrder(table: .rfc6724).sorted([local, four]) == [four.destination, local.destination])
        #expect(DestinationOrder(table: .glibc).sorted([four, local]) == [local.destination, four.destination])
    }
}

@Suite struct `Destination order under random use` {
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `it is the order of a slow sort that asks the same question of each pair`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let order = DestinationOrder()
        let texts = [
            "127.0.0.1", "10.0.0.1", "10.0.0.2", "192.0.2.1", "169.254.1.1", "::1", "fe80::1", "fd00::1", "fd00::2",
            "2001:db8::1", "2001:db8::2", "2002::1", "ff02::1", "ff05::1", "fec0::1",
        ]
        let addresses = try texts.map(address)
        for _ in 0..<50 {
            let candidates = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                let destination = addresses.pick(&generator)
                let source = addresses.filter { $0.family == destination.family }.pick(&generator)
                return Candidate(
                    destination: destination,
                    source: Int.random(in: 0..<4, using: &generator) == 0 ? nil : source,
                    sourcePrefixLength: [nil, 8, 24].pick(&generator)
                )
            }
            #expect(order.sorted(candidates) == slowly(candidates, order), "seed \(seed): \(candidates)")
        }
    }

    /// Each one goes in front of the first from the right that it is not strictly better than.
    private func slowly(_ candidates: [Candidate], _ order: DestinationOrder) -> [IPAddress] {
        var sorted: [Candidate] = []
        for candidate in candidates {
            var place = sorted.count
            while place > 0, order.decide(candidate, sorted[place - 1]).isFirst { place -= 1 }
            sorted.insert(candidate, at: place)
        }
        return sorted.map(\.destination)
    }

    /// 192.0.2.200 before 224.0.0.1 by rule 9, and the mapped address even with both: found by the C library's
    /// judgement.
    @Test func `where the rules go in a circle, it is the C library's merge sort`() throws {
        let candidates = [
            try candidate("224.0.0.1", from: "192.0.2.2/24"),
            try candidate("::ffff:10.0.0.1", from: "::ffff:192.0.2.2"),
            try candidate("169.254.7.7", from: "192.0.2.2/24"), try candidate("192.0.2.200", from: "192.0.2.2/24"),
        ]
        #expect(
            DestinationOrder().sorted(candidates).map(\.description)
                == ["192.0.2.200", "224.0.0.1", "::ffff:10.0.0.1", "169.254.7.7"]
        )
    }

    @Test func `equals keep their order, however many`() {
        let candidates = (0..<500).map { number in
            Candidate(destination: .v6(.loopback, zone: .index(UInt32(number + 1))), source: .v6(.loopback, zone: nil))
        }
        #expect(DestinationOrder().sorted(candidates) == candidates.map(\.destination))
    }
}

@Suite struct `RFC 8305 section 4: what is remembered comes between rules 8 and 9` {
    private func candidate(
        _ to: String,
        from: String = "192.0.2.9/24",
        _ experience: DestinationOrder.Experience
    ) throws -> Candidate {
        var candidate = try NameResolutionTests.candidate(to, from: from)
        candidate.experience = experience
        return candidate
    }

    private func ms(_ milliseconds: Int) -> DestinationOrder.Experience {
        .connected(roundTrip: .milliseconds(milliseconds))
    }

    @Test func `what connected comes before strangers, and what failed after them`() throws {
        let order = DestinationOrder()
        let sorted = order.sorted([
            try candidate("192.0.2.1", .failed), try candidate("192.0.2.2", .none), try candidate("192.0.2.3", ms(900)),
        ])
        #expect(sorted == [try address("192.0.2.3"), try address("192.0.2.2"), try address("192.0.2.1")])
        #expect(
            order.decide(try candidate("192.0.2.3", ms(1)), try candidate("192.0.2.2", .none)) == (true, .experience)
        )
    }

    @Test func `the lower round trip comes first, in steps of 25 ms`() throws {
        let order = DestinationOrder()
        let (slow, quick) = (try candidate("192.0.2.8", ms(51)), try candidate("198.51.100.1", ms(24)))
        #expect(order.decide(quick, slow) == (true, .roundTrip))
        // Within a step rule 9 goes on: 192.0.2.8 shares more bits with its source.
        let even = try candidate("192.0.2.8", ms(1))
        #expect(order.decide(even, quick) == (true, .longestPrefix))
    }

    @Test func `no memory outweighs rules 1 to 8`() throws {
        let order = DestinationOrder()
        let unreachable = Candidate(destination: try address("192.0.2.1"), source: nil, experience: ms(1))
        #expect(order.decide(try candidate("192.0.2.2", .failed), unreachable) == (true, .usable))
        let six = try candidate("2001:db8::1", from: "2001:db8::9", .failed)
        #expect(order.decide(six, try candidate("192.0.2.2", ms(1))) == (true, .precedence))
    }
}
