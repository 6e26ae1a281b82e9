// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import Testing

@testable import FairDial

private func to(_ address: IPAddress, port: UInt16) -> Destination { Destinations.to(address, port: port) }

@Suite struct `Service bindings feed the race` {
    private static let hint6 = IPAddress.v6(IPv6Address(high: 0x2001_0db8_0000_0000, low: 0x42), zone: nil)
    private static let hint4 = IPAddress.v4(IPv4Address(bits: 0xC633_6442))
    private static let address6 = IPAddress.v6(IPv6Address(high: 0x2001_0db8_0000_0000, low: 7), zone: nil)
    private static let address4 = IPAddress.v4(IPv4Address(bits: 0xC000_0207))

    private func unsorted(_ addresses: [IPAddress]) -> [IPAddress] { addresses }

    private func candidates(_ bindings: [ServiceBinding], owner: String = "example.com") -> BindingCandidates {
        var candidates = BindingCandidates(owner: owner, port: 443)
        var generator = SeededGenerator(seed: 1)
        candidates.bound(bindings, using: &generator)
        return candidates
    }

    @Test func `the lower priority comes first, and addresses that no binding speaks for come last`() {
        var services = candidates([
            ServiceBinding(priority: 2, target: "b.example.com", hints: [Self.hint4]),
            ServiceBinding(priority: 1, target: "a.example.com", hints: [Self.hint6]),
        ])
        services.found([Self.address4], settling: .ipv4, for: "example.com")
        #expect(services.names == ["example.com", "a.example.com", "b.example.com"])
        #expect(
            services.candidates(sortedBy: unsorted)
                == Candidates(groups: [
                    [to(Self.hint6, port: 443)], [to(Self.hint4, port: 443)], [to(Self.address4, port: 443)],
                ])
        )
    }

    @Test func `a target's own records replace the hints of their family, a negative answer included`() {
        var services = candidates([
            ServiceBinding(priority: 1, target: "A.example.com", hints: [Self.hint6, Self.hint4])
        ])
        services.found([Self.address6], settling: .ipv6, for: "a.EXAMPLE.com")
        #expect(services.candidates(sortedBy: unsorted) == [to(Self.address6, port: 443), to(Self.hint4, port: 443)])
        services.found([], settling: .ipv4, for: "a.example.com")
        #expect(services.candidates(sortedBy: unsorted) == [to(Self.address6, port: 443)])
    }

    @Test func `a binding's port is dialed before the one asked for`() {
        var services = candidates([
            ServiceBinding(priority: 1, target: "example.com", port: 8443, protocols: ["h2"])
        ])
        services.found([Self.address6], settling: .ipv6, for: "example.com")
        #expect(
            services.candidates(sortedBy: unsorted)
                == Candidates(groups: [[to(Self.address6, port: 8443)], [to(Self.address6, port: 443)]])
        )
        #expect(services.binding(of: to(Self.address6, port: 8443))?.protocols == ["h2"])
        #expect(services.binding(of: to(Self.address6, port: 443)) == nil)
    }

    @Test func `what a binding speaks for is there once`() {
        var services = candidates([ServiceBinding(priority: 1, target: "example.com", protocols: ["h2"])])
        services.found([Self.address6], settling: .ipv6, for: "example.com")
        #expect(services.candidates(sortedBy: unsorted) == [to(Self.address6, port: 443)])
    }

    @Test func `it is known where the best binding leads as soon as there is a hint, or an address`() {
        #expect(candidates([]).unknownBestTarget == nil)
        var services = candidates([
            ServiceBinding(priority: 1, target: "a.example.com"),
            ServiceBinding(priority: 2, target: "b.example.com", hints: [Self.hint4]),
        ])
        #expect(services.unknownBestTarget == "a.example.com")
        services.found([], settling: .ipv6, for: "a.example.com")
        #expect(services.unknownBestTarget == "a.example.com")
        services.found([Self.address4], settling: .ipv4, for: "a.example.com")
        #expect(services.unknownBestTarget == nil)
        let hinted = candidates([ServiceBinding(priority: 1, target: "b.example.com", hints: [Self.hint4])])
        #expect(hinted.unknownBestTarget == nil)
    }

    @Test func `what an alias leads to comes after all bindings, and before the owner`() {
        var services = BindingCandidates(owner: "example.com", port: 443)
        var generator = SeededGenerator(seed: 1)
        let bindings = [ServiceBinding(priority: .max, target: "a.example.com", hints: [Self.hint6])]
        services.bound(bindings, alias: "Pool.example.com", using: &generator)
        services.found([Self.address4], settling: .ipv4, for: "example.com")
        services.found([Self.hint4], settling: .ipv4, for: "pool.example.com")
        #expect(services.names == ["example.com", "a.example.com", "pool.example.com"])
        #expect(
            services.candidates(sortedBy: unsorted)
                == Candidates(groups: [
                    [to(Self.hint6, port: 443)], [to(Self.hint4, port: 443)], [to(Self.address4, port: 443)],
                ])
        )
        #expect(services.binding(of: to(Self.hint4, port: 443)) == nil)
    }

    @Test func `a hint that records have replaced belongs to no binding any more`() {
        var services = candidates([ServiceBinding(priority: 1, target: "a.example.com", hints: [Self.hint4])])
        #expect(services.binding(of: to(Self.hint4, port: 443)) != nil)
        services.found([Self.address4], settling: .ipv4, for: "a.example.com")
        #expect(services.binding(of: to(Self.hint4, port: 443)) == nil)
        #expect(services.binding(of: to(Self.address4, port: 443)) != nil)
    }

    @Test func `thousands of bindings with thousands of addresses are a few of each`() {
        let many = (0..<5_000 as Range<UInt32>).map { IPAddress.v4(IPv4Address(bits: 0x0A00_0000 + $0)) }
        var services = candidates(
            (1...3_000).map {
                ServiceBinding(priority: UInt16($0), target: "example.com", port: UInt16($0), hints: many)
            }
        )
        #expect(services.candidates(sortedBy: unsorted).destinations.count == 16 * 32)
        services.found(many, settling: .ipv4, for: "example.com")
        #expect(services.candidates(sortedBy: unsorted).destinations.count == 16 * 32 + many.count)
        #expect(services.binding(of: to(many[0], port: 16)) != nil)
        #expect(services.binding(of: to(many[0], port: 17)) == nil)
    }

    @Test func `one binding that stands there twice is one`() {
        let twice = ServiceBinding(priority: 1, target: "a.example.com", hints: [Self.hint4])
        let services = candidates([twice, twice])
        #expect(services.candidates(sortedBy: unsorted) == [to(Self.hint4, port: 443)])
    }

    @Test func `each group is sorted by itself`() {
        let services = candidates([
            ServiceBinding(priority: 1, target: "a.example.com", hints: [Self.hint4, Self.hint6]),
            ServiceBinding(priority: 2, target: "b.example.com", hints: [Self.address4, Self.address6]),
        ])
        #expect(
            services.candidates(sortedBy: { $0.reversed() })
                == Candidates(groups: [
                    [to(Self.hint6, port: 443), to(Self.hint4, port: 443)],
                    [to(Self.address6, port: 443), to(Self.address4, port: 443)],
                ])
        )
    }

    @Test func `a crowd of one family takes no place from the other`() {
        let many = (0..<100 as Range<UInt32>).map { IPAddress.v4(IPv4Address(bits: 0x0A00_0000 + $0)) }
        var services = candidates([ServiceBinding(priority: 1, target: "a.example.com")])
        services.found(many + [Self.address6], settling: .both, for: "a.example.com")
        let destinations = services.candidates(sortedBy: unsorted).destinations
        #expect(destinations.count == 32 + 1)
        #expect(destinations.last == to(Self.address6, port: 443))
    }

    @Test func `an alias is no service`() {
        let services = candidates([ServiceBinding(priority: 0, target: "a.example.com", hints: [Self.hint6])])
        #expect(services.candidates(sortedBy: unsorted) == [])
        #expect(services.names == ["example.com"])
    }

    @Test func `services of one priority are shuffled, and stay behind better ones`() {
        let equals = (0..<4).map { ServiceBinding(priority: 5, target: "\($0).example.com", hints: [Self.hint6]) }
        let best = ServiceBinding(priority: 1, target: "best.example.com", hints: [Self.hint4])
        var orders: Set<[String]> = []
        for seed in 0..<40 as Range<UInt64> {
            var services = BindingCandidates(owner: "example.com", port: 443)
            var generator = SeededGenerator(seed: seed)
            services.bound(equals + [best], using: &generator)
            #expect(services.names.dropFirst().first == "best.example.com")
            orders.insert(services.names)
        }
        #expect(orders.count > 1)
    }
}
