// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import FairDial
import FairDialDoor
import FairDialHTTP
import FairDialTestKit
import Foundation
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@Suite(.timeLimit(.minutes(3))) struct `HTTPClient through a door` {
    /// A door and a client through it, closed when the body has ended.
    private func withClient<Result>(
        _ dialer: Dialer,
        _ configure: (inout HTTPClient.Configuration) throws -> Void = { _ in },
        _ body: (HTTPClient, Door) async throws -> Result
    ) async throws -> Result {
        let door = try await Door.http(dialer: dialer)
        var configuration = HTTPClient.Configuration()
        try configuration.dial(through: door)
        try configure(&configuration)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        do {
            let result = try await body(client, door)
            try await client.shutdown()
            await door.shutDown(within: .zero)
            try await group.shutdownGracefully()
            return result
        } catch {
            try? await client.shutdown()
            await door.shutDown(within: .zero)
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private static let overriding: Dialer = {
        var configuration = DialerConfiguration()
        configuration.overrides[WebServer.name] = [.v4(.loopback)]
        configuration.overrides["other.test"] = [.v4(.loopback)]
        return Dialer(configuration)
    }()

    private func text(_ client: HTTPClient, _ url: String) async throws -> String {
        let response = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(60))
        return String(buffer: try await response.body.collect(upTo: 1_024))
    }

    private func expect(_ client: HTTPClient, _ url: String, _ version: String) async throws {
        let answer = try await text(client, url)
        #expect(answer == version, "\(url)")
    }

    private func trusting(_ identities: [Identity]) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(identities.map(\.certificate))
        return configuration
    }

    @Test func `http, https and HTTP/2 go through it`() async throws {
        let identity = try Identity.good.get()
        let (plain, secure) = (try await WebServer.start(), try await WebServer.start(identity))
        for (version, expected) in [
            (HTTPClient.Configuration.HTTPVersion.automatic, "HTTP/2.0"), (.http1Only, "HTTP/1.1"),
        ] {
            try await withClient(Self.overriding) {
                $0.tlsConfiguration = trusting([identity])
                $0.httpVersion = version
            } _: { client, door in
                try await expect(client, "http://127.0.0.1:\(plain.port)/", "HTTP/1.1")
                try await expect(client, "http://\(WebServer.name):\(plain.port)/", "HTTP/1.1")
                try await expect(client, "https://\(WebServer.name):\(secure.port)/", expected)
                #expect(door.counts.accepted == 3)
                #expect(door.lastError == nil)
            }
        }
        try await plain.stop()
        try await secure.stop()
    }

    @Test func `a certificate for another name is the client's to refuse`() async throws {
        let other = try Identity.other.get()
        let server = try await WebServer.start(other)
        try await withClient(Self.overriding, { $0.tlsConfiguration = trusting([other]) }) { client, door in
            await #expect(throws: (any Error).self) {
                try await text(client, "https://\(WebServer.name):\(server.port)/")
            }
            try await expect(client, "https://other.test:\(server.port)/", "HTTP/2.0")
            #expect(door.lastError == nil)
        }
        try await server.stop()
    }

    @Test func `twenty requests for one slow name are one lookup`() async throws {
        let (names, server) = (try await Names.start(), try await WebServer.start())
        names["one.slow.test"] = .init(.addresses([.v4(.loopback)]), after: .milliseconds(200))
        try await withClient(try names.dialer(), { $0.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 20 })
        {
            client,
            _ in
            try await withThrowingTaskGroup { group in
                for _ in 0..<20 { group.addTask { try await text(client, "http://one.slow.test:\(server.port)/") } }
                for try await answer in group { #expect(answer == "HTTP/1.1") }
            }
        }
        #expect(names.server.count(of: "one.slow.test", .ipv4) == 1)
        try await server.stop()
        await names.server.stop()
    }

    @Test func `a literal does not wait for names that hang`() async throws {
        let (names, server) = (try await Names.start(), try await WebServer.start())
        for number in 0..<20 { names["n\(number).slow.test"] = .init(.silence) }
        try await withClient(try names.dialer()) { client, door in
            try await withThrowingTaskGroup { group in
                for number in 0..<20 {
                    group.addTask { _ = try await text(client, "http://n\(number).slow.test:\(server.port)/") }
                }
                while names.server.queriesByName.count < 20 { try await Task.sleep(for: .milliseconds(1)) }
                try await expect(client, "http://127.0.0.1:\(server.port)/", "HTTP/1.1")
                // None of the others has gone anywhere.
                #expect(server.connectionCount == 1)
                #expect(door.counts.open == 21)
                group.cancelAll()
                while let result = await group.nextResult() {
                    if case .success = result { Issue.record("a name without an address was dialed") }
                }
            }
        }
        try await server.stop()
        await names.server.stop()
    }

    @Test func `why a dial failed can be asked for`() async throws {
        let refusing = try #require(RefusingPort())
        try await withClient(.shared) { client, door in
            await #expect(throws: HTTPClientError.invalidProxyResponse) {
                try await text(client, "http://127.0.0.1:\(refusing.number)/")
            }
            let error = door.lastError(forHost: "127.0.0.1", port: refusing.number)
            #expect(error?.code == .allAttemptsFailed)
            #expect(error?.report.attempts.map(\.outcome) == [.refused])
        }
    }

    @Test func `no forbidden host is reached, in whatever spelling`() async throws {
        let server = try await WebServer.start()
        var configuration = DialerConfiguration()
        configuration.policy = .publicInternetOnly
        configuration.overrides["inside.test"] = [.v4(.loopback)]
        let hosts = ["inside.test", "localhost"] + ForbiddenHosts.all.map(\.host)
        #expect(hosts.count >= 1_300)
        try await withClient(Dialer(configuration)) { client, door in
            var refused = 0
            for host in hosts {
                let authority = host.contains(":") ? "[\(host)]" : host
                let asked = door.counts.accepted
                await #expect(throws: (any Error).self, "\(host)") {
                    try await text(client, "http://\(authority):\(server.port)/")
                }
                // What the client can make nothing of it does not ask for.
                guard door.counts.accepted > asked else { continue }
                refused += 1
                #expect(door.lastError?.code == .refusedByPolicy, "\(host)")
                #expect(door.lastError?.report.attempts.allSatisfy { $0.outcome == .vetoed } == true, "\(host)")
            }
            // Zones are what it refuses by itself.
            #expect(refused >= hosts.count { !$0.contains("%") })
            #expect(server.connectionCount == 0)
        }
        try await server.stop()
    }

    @Test func `a socket of this machine is reached past the door, and not by a URL that was checked`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "d\(UInt32.random(in: 0 ... .max))").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = "\(folder)/s"
        let accepted = NIOLockedValueBox(0)
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                accepted.withLockedValue { $0 += 1 }
                return channel.close()
            }
            .bind(unixDomainSocketPath: path).get()
        let escaped = path.replacing("/", with: "%2F")
        var configuration = DialerConfiguration()
        configuration.policy = .publicInternetOnly
        try await withClient(Dialer(configuration)) { client, door in
            let urls = ["unix://\(path)", "http+unix://\(escaped)/", "https+unix://\(escaped)/"]
            for (index, url) in urls.enumerated() {
                for spelling in [url, url.uppercased(), url.replacing("unix", with: "Unix")] {
                    let error = #expect(throws: DialError.self, "\(spelling)") {
                        try HTTPClientRequest(url: spelling).checked(for: door)
                    }
                    #expect(error?.code == .refusedByPolicy, "\(spelling)")
                }
                let error = #expect(throws: DialError.self, "\(url)") {
                    try HTTPClient.Request(url: url).checked(for: door)
                }
                #expect(error?.code == .refusedByPolicy, "\(url)")
                // This is what the check is for.
                await #expect(throws: (any Error).self) { try await text(client, url) }
                #expect(accepted.withLockedValue { $0 } > index)
            }
            #expect(door.counts.accepted == 0)
            for url in ["", " http+unix://x", "file:///etc/passwd", "httpx://a.test/", "//a.test/", "http%2Bunix://x"] {
                let error = #expect(throws: DialError.self, "\(url)") {
                    try HTTPClientRequest(url: url).checked(for: door)
                }
                #expect(error?.code == .invalidTarget, "\(url)")
            }
            for url in ["http://a.test/", "https://a.test/", "HTTPS://a.test/?u=http+unix://x"] {
                let request = try HTTPClientRequest(url: url).checked(for: door)
                #expect(request.url == url)
            }
        }
        try await withClient(.shared) { _, door in
            // Who restricts nothing may go to sockets as well.
            let request = try HTTPClientRequest(url: "http+unix://\(escaped)/").checked(for: door)
            #expect(request.url.hasPrefix("http+unix"))
        }
        try await server.close()
    }

    @Test func `its clocks are inside the client's timer, and a longer one is left alone`() async throws {
        var dialing = DialerConfiguration()
        dialing.timeouts = Timeouts(
            queue: .seconds(1),
            lookup: .seconds(2),
            connect: .seconds(3),
            handshake: .seconds(4)
        )
        let door = try await Door.http(dialer: Dialer(dialing))
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(1)
        configuration = try configuration.dialing(through: door)
        #expect(configuration.timeout.connect == .seconds(20))
        #expect(!configuration.connectionPool.retryConnectionEstablishment)
        configuration.timeout.connect = .minutes(5)
        try configuration.dial(through: door)
        #expect(configuration.timeout.connect == .minutes(5))
        await door.shutDown()
    }

    @Test func `a door that speaks no HTTP is refused`() async throws {
        let door = try await Door.loopback(to: Target("127.0.0.1:80"))
        var configuration = HTTPClient.Configuration()
        let error = #expect(throws: DialError.self) { try configuration.dial(through: door) }
        #expect(error?.code == .invalidOption)
        #expect(configuration.proxy == nil)
        await door.shutDown()
    }
}
