// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import Foundation
import IPAddresses
import NIOCore
import NameResolution
import Testing

@testable import FairDial

/// What a stranger may write, where a policy lets only the public internet through.
@Suite(.timeLimit(.minutes(15))) struct `Under publicInternetOnly` {
    /// What is dialed here connects: a dial that goes out fails its test at once.
    private static let fates = Dictionary(
        ForbiddenHosts.all.map { (Destinations.to($0.address), ScriptedNetwork.Fate.connectsAtOnce) }
    ) {
        first,
        _ in first
    }

    private func dial(_ target: Target, in world: ScriptedWorld) async -> DialError? {
        await failure { try await world.dialer.takeSocket(to: target) }
    }

    @Test func `no spelling of a forbidden host is dialed, nor an answer`() async throws {
        #expect(ForbiddenHosts.all.count >= 1_300)
        let world = ScriptedWorld(Self.fates, policy: .publicInternetOnly)
        for (host, _) in ForbiddenHosts.all {
            let dialed = await dial(try Target(host: host, port: 80), in: world)
            #expect(dialed?.code == .refusedByPolicy, "\(host)")
            let resolved = await failure { try await world.dialer.resolve(host, port: 80) }
            #expect(resolved?.code == .refusedByPolicy, "\(host)")
        }
        #expect(world.network.opened == [])
    }

    @Test func `nor is it as text with a port, with and without brackets`() async throws {
        let world = ScriptedWorld(Self.fates, policy: .publicInternetOnly)
        for (host, _) in ForbiddenHosts.all {
            let isIPv6 = host.contains(":")
            let target = try Target(hostAndPort: isIPv6 ? "[\(host)]:80" : "\(host):80")
            #expect(await dial(target, in: world)?.code == .refusedByPolicy, "\(host)")
            #expect(try Target(hostAndPort: host, defaultPort: 80) == target)
            #expect(try Target(hostAndPort: "[\(host)]", defaultPort: 80) == target)
        }
        #expect(world.network.opened == [])
    }

    @Test func `nor is any of the addresses, as an override of a name`() async throws {
        for start in stride(from: 0, to: ForbiddenHosts.all.count, by: 100) {
            let addresses = ForbiddenHosts.all[start...].prefix(100).map(\.address)
            let world = ScriptedWorld(Self.fates, addresses: addresses, policy: .publicInternetOnly)
            let error = await dial(try Target(host: "db.test", port: 80), in: world)
            #expect(error?.code == .refusedByPolicy)
            #expect(Set(error?.report.attempts.map(\.outcome) ?? []) == [.vetoed])
            #expect(world.network.opened == [])
        }
    }

    @Test func `nor as the answer of a lookup, and the one beside them is`() async throws {
        let (good, port) = (try IPAddress("2606:4700::1111"), UInt16(80))
        let destination = Destinations.to(good, port: port)
        for start in stride(from: 0, to: ForbiddenHosts.all.count, by: 250) {
            let world = ScriptedWorld(
                Self.fates.merging([destination: .connectsAtOnce]) { $1 },
                policy: .publicInternetOnly
            )
            async let socket = world.dialer.takeSocket(to: "db.test", port: Int(port))
            let lookup = try await world.resolver.nextLookup()
            await world.clock.sleepers()
            lookup.answer(ForbiddenHosts.all[start...].prefix(250).map(\.address) + [good])
            lookup.end()
            #expect(try await socket.destination == destination)
            #expect(world.network.opened.map(\.destination) == [destination])
        }
    }

    @Test func `everything in the corpus is an address to the C library`() throws {
        for (host, address) in ForbiddenHosts.all {
            var hints = addrinfo()
            hints.ai_flags = AI_NUMERICHOST
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            var list: UnsafeMutablePointer<addrinfo>?
            #expect(getaddrinfo(host, nil, &hints, &list) == 0, "\(host)")
            guard let entry = list else { continue }
            var text = [CChar](repeating: 0, count: 64)
            getnameinfo(entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, 64, nil, 0, NI_NUMERICHOST)
            freeaddrinfo(list)
            let written = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            // It writes the zone by its name.
            let (read, expected) = (written.prefix { $0 != "%" }, "\(address)".prefix { $0 != "%" })
            #expect(try IPAddress(read) == IPAddress(expected), "\(host)")
        }
    }

    @Test(
        arguments: SpecialPurposeBlock.all.filter { $0.isGloballyReachable && $0.purpose != .nat64 }
    )
    func `every row that IANA marks as globally reachable is dialed`(block: SpecialPurposeBlock) async throws {
        for address in block.network.ends {
            let destination = Destinations.to(address)
            let world = ScriptedWorld([destination: .connectsAtOnce], policy: .publicInternetOnly)
            #expect(try await world.dialer.takeSocket(to: "\(address)", port: 80).destination == destination)
            #expect(AddressPolicy.publicInternetOnly.veto(of: address) == nil)
            guard case .v4(let bits) = address else { continue }
            for carrier in [
                IPv6Address(mapping: bits), IPv6Address(high: 0x0064_FF9B_0000_0000, low: UInt64(bits.bits)),
            ] {
                #expect(AddressPolicy.publicInternetOnly.veto(of: .v6(carrier, zone: nil)) == nil)
            }
        }
    }

    @Test(arguments: [
        "8.8.8.8", "1.1.1.1", "223.255.255.255", "2000::1", "2001:200::1", "2606:4700::1111", "3ffe::1", "3fff:1000::1",
        "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "64:ff9b::192.0.0.9", "2002:808:808::1",
        "2001:0:808:808:8000:63bf:fefe:fefe",
    ])
    func `so is everything that is given out, and what leads to nothing else`(host: String) async throws {
        let destination = Destinations.to(try IPAddress(host))
        let world = ScriptedWorld([destination: .connectsAtOnce], policy: .publicInternetOnly)
        #expect(try await world.dialer.takeSocket(to: host, port: 80).destination == destination)
    }
}

/// A policy says what it lets through; a path must be in its words.
@Suite(.timeLimit(.minutes(15))) struct `Unix domain sockets under a policy` {
    private let path = Destination.local(path: "/run/docker.sock")

    private func world(_ policy: AddressPolicy?) -> ScriptedWorld {
        ScriptedWorld([path: .connectsAtOnce], policy: policy)
    }

    @Test(arguments: ["unix:/run/docker.sock", "/run/docker.sock"])
    func `are refused by any that restricts something`(text: String) async throws {
        let network = try IPNetwork("10.0.0.0/8")
        let policies = [
            .publicInternetOnly, AddressPolicy(denied: [network]),
            AddressPolicy(allowed: [network], elsewhere: .denied),
            AddressPolicy { _, _, _ in true },
        ]
        for policy in policies {
            let world = world(policy)
            let error = await failure { try await world.dialer.takeSocket(to: Target(text)) }
            #expect(error?.code == .refusedByPolicy)
            #expect(error?.report.attempts.map(\.outcome) == [.vetoed])
            #expect(error?.message.contains("forbidden: the policy allows no Unix domain sockets") == true)
            #expect(world.network.opened == [])
        }
    }

    @Test func `are dialed where the policy says so, and where nothing is forbidden`() async throws {
        var allowing = AddressPolicy.publicInternetOnly
        allowing.allowsPaths = true
        for policy in [nil, .unrestricted, AddressPolicy(), allowing] {
            let world = world(policy)
            #expect(try await world.dialer.takeSocket(to: Target("/run/docker.sock")).destination == path)
        }
    }

    @Test func `are refused on a caller's loop too`() async throws {
        var configuration = DialerConfiguration()
        configuration.policy = .publicInternetOnly
        let dialer = Dialer(configuration)
        let loop = configuration.group.next()
        let error = await failure {
            try await dialer.connect(to: Target("unix:/run/docker.sock"), on: loop)
                .get()
        }
        #expect(error?.code == .refusedByPolicy)
    }
}

extension IPNetwork {
    /// The first address and the last.
    fileprivate var ends: [IPAddress] {
        switch address {
        case .v4(let first):
            let others = prefixLength == 32 ? 0 : UInt32.max >> UInt32(prefixLength)
            return [address, .v4(IPv4Address(bits: first.bits | others))]
        case .v6(let first, _):
            let high = prefixLength >= 64 ? 0 : UInt64.max >> UInt64(prefixLength)
            let low =
                prefixLength <= 64 ? UInt64.max : prefixLength == 128 ? 0 : UInt64.max >> UInt64(prefixLength - 64)
            return [address, .v6(IPv6Address(high: first.high | high, low: first.low | low), zone: nil)]
        }
    }
}
