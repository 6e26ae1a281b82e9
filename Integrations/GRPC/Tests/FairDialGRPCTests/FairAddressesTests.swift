// SPDX-License-Identifier: Apache-2.0

import FairDial
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import IPAddresses
import NIOConcurrencyHelpers
import Testing

@testable import FairDialGRPC

@Suite(.timeLimit(.minutes(2))) struct `gRPC's targets that need no lookup` {
    private static func refusal<Base: NameResolverFactory & Sendable>(_ base: Base, _ target: Base.Target) async
        -> DialError?
    {
        var names = FairAddresses(base, .publicInternetOnly).resolver(for: target).names.makeAsyncIterator()
        let error = await #expect(throws: RPCError.self) { try await names.next() }
        return error?.cause as? DialError
    }

    @Test func `no target that needs no lookup is told either, where the policy forbids it`() async throws {
        for address in Set(ForbiddenHosts.all.map(\.address)) {
            await Task.yield()
            let text = "\(address)"
            let error =
                switch address {
                case .v4: await Self.refusal(NameResolvers.IPv4(), .ipv4(address: text, port: 80))
                case .v6(_, let zone):
                    zone == nil ? await Self.refusal(NameResolvers.IPv6(), .ipv6(address: text, port: 80)) : nil
                }
            if text.contains("%") { continue }
            #expect(error?.code == .refusedByPolicy, "\(text)")
        }
        let unix = await Self.refusal(NameResolvers.UnixDomainSocket(), .unixDomainSocket(path: "/run/docker.sock"))
        #expect(unix?.code == .refusedByPolicy)
        #expect(unix?.target == "/run/docker.sock")
        let virtual = await Self.refusal(NameResolvers.VirtualSocket(), .vsock(contextID: .host, port: 80))
        #expect(virtual?.code == .refusedByPolicy)
    }

    @Test func `of several addresses those are told that the policy allows`() async throws {
        let target = ResolvableTargets.IPv4(addresses: [
            .init(host: "169.254.169.254", port: 80), .init(host: "192.0.9.1", port: 80),
            .init(host: "127.0.0.1", port: 80),
        ])
        let resolver = FairAddresses(NameResolvers.IPv4(), .publicInternetOnly).resolver(for: target)
        var names = resolver.names.makeAsyncIterator()
        let result = try await names.next()
        #expect(result?.endpoints.map { $0.addresses.map(\.ipv4?.host) } == [["192.0.9.1"]])
        let plain = FairAddresses(NameResolvers.UnixDomainSocket(), .unrestricted)
            .resolver(for: .unixDomainSocket(path: "/run/x", authority: "x.test"))
        #expect(plain.authority == "x.test")
        var paths = plain.names.makeAsyncIterator()
        let told = try await paths.next()
        #expect(told?.endpoints.first?.addresses.first?.unixDomainSocket?.path == "/run/x")
    }

    @Test(arguments: [25, 443])
    func `are told to a policy with host and port, as a dial tells them`(port: Int) async throws {
        let asked = NIOLockedValueBox<[String]>([])
        let policy = AddressPolicy { address, host, port in
            asked.withLockedValue { $0.append("\(address) \(host ?? "-") \(port ?? 0)") }
            return port == 443
        }
        var names4 = FairAddresses(NameResolvers.IPv4(), policy)
            .resolver(for: .ipv4(address: "203.0.113.5", port: port)).names.makeAsyncIterator()
        var names6 = FairAddresses(NameResolvers.IPv6(), policy)
            .resolver(for: .ipv6(address: "2001:db8::5", port: port)).names.makeAsyncIterator()
        if port == 443 {
            #expect(try await names4.next()?.endpoints.count == 1)
            #expect(try await names6.next()?.endpoints.count == 1)
        } else {
            for error in [
                await #expect(throws: RPCError.self) { try await names4.next() },
                await #expect(throws: RPCError.self) { try await names6.next() },
            ] {
                #expect((error?.cause as? DialError)?.code == .refusedByPolicy)
            }
        }
        let expected = ["203.0.113.5 203.0.113.5 \(port)", "2001:db8::5 2001:db8::5 \(port)"]
        #expect(asked.withLockedValue { $0 } == expected)
    }

    /// gRPC's own initializers trap, in debug builds, at numbers that are no port at all.
    @Test func `have a port that can be dialed, else their calls fail`() async throws {
        for policy in [AddressPolicy.unrestricted, .publicInternetOnly] {
            var names = FairAddresses(NameResolvers.IPv4(), policy)
                .resolver(for: .ipv4(address: "192.0.9.1", port: 0)).names.makeAsyncIterator()
            let error = await #expect(throws: RPCError.self) { try await names.next() }
            #expect(error?.code == .invalidArgument)
            #expect((error?.cause as? DialError)?.message == "this is no port")
        }
    }

    @Test func `are spread over where that is asked for`() async throws {
        let retries = MethodConfig(names: [.init(service: "")], waitForReady: true)
        let target = ResolvableTargets.IPv4(addresses: [
            .init(host: "192.0.9.1", port: 80), .init(host: "127.0.0.1", port: 80), .init(host: "192.0.9.2", port: 81),
        ])
        let spreading = CallSpreading(ServiceConfig(methodConfig: [retries]))
        var names = FairAddresses(NameResolvers.IPv4(), .publicInternetOnly, spreading)
            .resolver(for: target).names.makeAsyncIterator()
        let result = try #require(try await names.next())
        #expect(result.endpoints.map { $0.addresses.map(\.ipv4?.host) } == [["192.0.9.1"], ["192.0.9.2"]])
        let config = try result.serviceConfig?.get()
        #expect(config?.loadBalancingConfig == [.roundRobin])
        #expect(config?.methodConfig == [retries])
    }

    @Test func `are spread over by the calls of a channel`() async throws {
        let first = try await EchoServer.start("1", address: "127.0.0.1")
        let second = try await EchoServer.start("2", address: "127.0.0.2", port: first.port)
        let transport = try FairChannel(
            target: .ipv4(pairs: [("127.0.0.1", first.port), ("127.0.0.2", first.port)]),
            transportSecurity: .plaintext,
            spreadingWith: ServiceConfig()
        )
        try await withGRPCClient(transport: transport) { client in
            var options = CallOptions.defaults
            options.waitForReady = true
            var seen: Set<String> = []
            for _ in 0..<10_000 where seen.count < 2 {
                seen.insert(try await EchoServer.name(from: client, options: options))
            }
            #expect(seen == ["1", "2"])
        }
        await first.stop()
        await second.stop()
    }
}
