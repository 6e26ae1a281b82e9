// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import DNSResolution
import FairDial
import FairDialTestKit
import Foundation
import IPAddresses
import NIOConcurrencyHelpers
import NameResolution
import TestHelpers
import Testing

@Suite struct `resolv.conf while it changes` {
    private static func write(_ text: String, to file: URL) throws {
        // By rename, as administrators' tools do it, so that no reader sees half of it.
        try Data(text.utf8).write(to: file, options: .atomic)
    }

    private static func file() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fairdial-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.appendingPathComponent("resolv.conf")
    }

    @Test func `new lookups ask the new servers, those under way lose nothing, and the cache is another one`()
        async throws
    {
        let slow = try await DNSServer.start { query in
            let isSlow = query.name == "slow.test"
            return .init(.addresses([.v4(IPv4Address(bits: 0x0A00_0001))]), after: isSlow ? .milliseconds(400) : .zero)
        }
        let other = try await DNSServer.start { _ in .init(.addresses([.v4(IPv4Address(bits: 0x0A00_0002))])) }
        let file = try Self.file()
        defer { try? FileManager.default.removeItem(at: file.deletingLastPathComponent()) }
        try Self.write("nameserver 127.0.0.1:\(slow.port)\n", to: file)
        var configuration = DNSResolverConfiguration()
        configuration.configurationPath = file.path
        let resolver = DNSResolver(configuration)
        #expect(await resolver.outcome(of: "db.test", families: .ipv4).sorted == ["10.0.0.1"])
        async let inFlight = resolver.outcome(of: "slow.test", families: .ipv4)
        // It has been asked before the file changes.
        #expect(await Patience.untilTrue { slow.count(of: "slow.test", .ipv4) > 0 })
        try Self.write("nameserver 127.0.0.1:\(other.port)\n", to: file)
        #expect(await resolver.outcome(of: "db.test", families: .ipv4).sorted == ["10.0.0.2"])
        #expect(await inFlight.sorted == ["10.0.0.1"])
        #expect(resolver.servers.map(\.endpoint.port) == [UInt16(other.port)])
        await slow.stop()
        await other.stop()
    }

    @Test func `who looks a name up follows nsswitch.conf and resolv.conf, each time`() async throws {
        let server = try await DNSServer.start { _ in .init(.addresses([.v4(IPv4Address(bits: 0x0A00_0001))])) }
        let file = try Self.file()
        defer { try? FileManager.default.removeItem(at: file.deletingLastPathComponent()) }
        let services = file.deletingLastPathComponent().appendingPathComponent("nsswitch.conf")
        try Self.write("nameserver 127.0.0.1:\(server.port)\n", to: file)
        try Self.write("hosts: files dns\n", to: services)
        var configuration = DNSResolverConfiguration()
        configuration.configurationPath = file.path
        // However late a busy machine comes back to this test.
        configuration.cache.lifetimes = .seconds(3_600) ... .seconds(7_200)
        let system = ScriptedResolver()
        let automatic = AutomaticResolver(
            dns: DNSResolver(configuration),
            system: system,
            nameServiceSwitchPath: services.path
        )
        let decision = automatic.decision(for: "db.test")
        #expect(decision.choice == .dns)
        #expect(decision.reason.contains("the servers are 127.0.0.1:\(server.port)"))
        #expect(automatic.decision(for: "a.onion").choice == .nobody)
        #expect(automatic.decision(for: "printer.local").choice == .system)
        func asked(_ name: String) -> (any AddressResolver)? {
            automatic.standing(on: LookupQuestion(name: name)).resolver
        }
        #expect(asked("db.test") is DNSResolver)
        #expect(asked("printer.local") is ScriptedResolver)
        #expect(asked("a.onion") == nil)
        func look(up name: String) {
            _ = automatic.lookUp(LookupQuestion(name: name), for: FairnessKey(label: "test")) { _ in }
        }
        look(up: "printer.local")
        // What the cache has is known while the name is ours, and not while it is the system's.
        let kept = LookupQuestion(name: "kept.test", families: .ipv4)
        await withCheckedContinuation { continuation in
            _ = automatic.lookUp(kept, for: FairnessKey(label: "test")) { event in
                if case .ended = event { continuation.resume() }
            }
        }
        #expect(automatic.standing(on: kept).known?.source == .cache)
        #expect(automatic.standing(on: kept).resolver == nil)
        let queries = server.queryCount
        try Self.write("hosts: files sss dns\n", to: services)
        #expect(automatic.standing(on: kept).known == nil)
        #expect(automatic.decision(for: "db.test").reason == "nsswitch.conf asks sss, which only the system can")
        look(up: "db.test")
        #expect(system.lookups.count == 2)
        try Self.write("hosts: files dns\n", to: services)
        try Self.write("nameserver 127.0.0.1:\(server.port)\nsortlist 10.0.0.0\n", to: file)
        #expect(automatic.decision(for: "db.test").reason == "resolv.conf: FairDial does not read sortlist")
        #expect(server.queryCount == queries)
        let hidden = NIOLockedValueBox<[LookupEvent]>([])
        try Self.write("nameserver 127.0.0.1:\(server.port)\n", to: file)
        _ = automatic.lookUp(LookupQuestion(name: "a.onion"), for: FairnessKey(label: "test")) { event in
            hidden.withLockedValue { $0.append(event) }
        }
        let error = ResolutionError(.nameNotFound, ".onion names are not in DNS (RFC 7686 §2)")
        #expect(hidden.withLockedValue { $0 } == [.ended(error)])
        await server.stop()
    }

    @Test(.timeLimit(.minutes(15)), arguments: [false, true])
    func `who asks after a change of the servers does not wait for the old one`(isAutomatic: Bool) async throws {
        let silent = try await DNSServer.start { _ in .init(.silence) }
        let other = try await DNSServer.start { _ in .init(.addresses([.v4(IPv4Address(bits: 0x0A00_0002))])) }
        let file = try Self.file()
        defer { try? FileManager.default.removeItem(at: file.deletingLastPathComponent()) }
        try Self.write("nameserver 127.0.0.1:\(silent.port)\noptions timeout:30\n", to: file)
        var configuration = DNSResolverConfiguration()
        configuration.configurationPath = file.path
        let dns = DNSResolver(configuration)
        let automatic = AutomaticResolver(dns: dns, system: ScriptedResolver(), nameServiceSwitchPath: "/none")
        let resolver = NameResolver(isAutomatic ? automatic : dns, localNames: nil)
        let question = LookupQuestion(name: "db.test", families: .ipv4)
        let hanging = resolver.lookUp(question, for: FairnessKey(label: "test")) { _ in }
        #expect(await Patience.untilTrue { silent.count(of: "db.test", .ipv4) > 0 })
        // While nothing has changed the lookup is shared.
        _ = resolver.lookUp(question, for: FairnessKey(label: "test")) { _ in }
        #expect(resolver.startedCount == 1)
        try Self.write("nameserver 127.0.0.1:\(other.port)\n", to: file)
        let addresses: [IPAddress] = await withCheckedContinuation { continuation in
            let heard = NIOLockedValueBox<[IPAddress]>([])
            _ = resolver.lookUp(question, for: FairnessKey(label: "test")) { event in
                switch event {
                case .answered(let answer): heard.withLockedValue { $0 += answer.addresses }
                case .ended: continuation.resume(returning: heard.withLockedValue { $0 })
                case .started, .bindings, .caughtUp: return
                }
            }
        }
        #expect(addresses.map { "\($0)" } == ["10.0.0.2"])
        #expect(resolver.startedCount == 2)
        _ = hanging.cancel()
        await silent.stop()
        await other.stop()
    }

    @Test func `a cancelled lookup of records ends at once, and leaves nothing behind`() async throws {
        let silent = try await DNSServer.start { _ in .init(.silence) }
        // The lookup must not end by itself, however late a busy machine comes back to this test.
        let resolver = DNSResolver(ports: [silent.port]) { $0.lookupTimeout = .seconds(600) }
        let lookup = Task { try await resolver.records(of: QueryBench.name("db.test"), .a) }
        #expect(await Patience.untilTrue { silent.queryCount > 0 })
        lookup.cancel()
        let error = await #expect(throws: ResolutionError.self) { try await lookup.value }
        #expect(error?.kind == .cancelled)
        #expect(resolver.inFlightCount == 0)
        let late = Task { try await resolver.records(of: QueryBench.name("db.test"), .a) }
        late.cancel()
        await #expect(throws: ResolutionError.self) { try await late.value }
        #expect(resolver.inFlightCount == 0)
        await silent.stop()
    }
}
