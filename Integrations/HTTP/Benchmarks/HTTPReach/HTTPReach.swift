// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import FairDial
import FairDialDoor
import FairDialHTTP
import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// HTTPClient where names are slow, as it is and through a door: `Benchmarks/clients` runs it inside `fairdial
/// sandbox`.
///
/// `stock|door literal` prints how many ms a request to 127.0.0.1 takes alone and behind 20 slow names, and how many of
/// those were answered; `stock|door shared` how many of 20 requests for one slow name were. A connect timeout is 1 s.
/// The third word is how they speak: `http`, or `https` and `h2` with two more, the files of a certificate and its key.
@main
struct HTTPReach: Sendable {
    enum Scheme: String, Sendable {
        case http, https, h2
    }

    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    static func main() async throws {
        let words = Array(CommandLine.arguments.dropFirst())
        guard words.count >= 3, ["stock", "door"].contains(words[0]), let scheme = Scheme(rawValue: words[2]),
            words.count == (scheme == .http ? 3 : 5)
        else { usage() }
        var identity: Identity?
        if scheme != .http { identity = try Identity(certificate: words[3], key: words[4]) }
        let server = try await Answerer.listen(identity)
        let reach = HTTPReach(
            isStock: words[0] == "stock",
            scheme: scheme,
            identity: identity,
            port: server.localAddress?.port ?? 0
        )
        switch words[1] {
        case "literal": try say(try await reach.literal())
        case "shared": try say(try await reach.shared())
        default: usage()
        }
    }

    private static func usage() -> Never {
        print("usage: HTTPReach stock|door literal|shared http | https|h2 CERTIFICATE KEY")
        exit(2)
    }

    private let isStock: Bool
    private let scheme: Scheme
    private let identity: Identity?
    private let port: Int

    private func literal() async throws -> [String: Double?] {
        // The first request of a process pays for much that is made once.
        _ = try await with { await time($0, "127.0.0.1") }
        let alone = try await with { await time($0, "127.0.0.1") }
        let (behind, answered) = try await with { client in
            await withTaskGroup(of: Double?.self) { group in
                for number in 0..<20 { group.addTask { await time(client, "n\(number).slow.test") } }
                // By now they wait for their names, and for nothing else.
                try? await Task.sleep(for: .milliseconds(100))
                let behind = await time(client, "127.0.0.1")
                return (behind, await group.reduce(0) { $0 + ($1 == nil ? 0 : 1) })
            }
        }
        return ["alone": alone, "behind": behind, "answered": Double(answered)]
    }

    private func shared() async throws -> [String: Double?] {
        let answered = try await with { client in
            await withTaskGroup(of: Double?.self) { group in
                for _ in 0..<20 { group.addTask { await time(client, "one.slow.test") } }
                return await group.reduce(0) { $0 + ($1 == nil ? 0 : 1) }
            }
        }
        return ["answered": Double(answered)]
    }

    /// A client, closed when the body has ended.
    private func with<Result: Sendable>(_ body: @Sendable (HTTPClient) async -> Result) async throws -> Result {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(1)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 20
        if let identity { configuration.tlsConfiguration = identity.trusted }
        // Else the first connection goes alone, for it may turn out to speak HTTP/2. The others follow when it stands,
        // so no longer at the same time; and their question for AAAA is a second one, as this server's "no data" has
        // no SOA and is not kept (RFC 2308 §5).
        if scheme != .h2 { configuration.httpVersion = .http1Only }
        let door = isStock ? nil : try await Door.http(dialer: Dialer(timeouts: Timeouts(connect: .seconds(1))))
        if let door { try configuration.dial(through: door) }
        let client = HTTPClient(eventLoopGroupProvider: .shared(Self.group), configuration: configuration)
        let result = await body(client)
        try await client.shutdown()
        await door?.shutDown(within: .zero)
        return result
    }

    /// How many ms a request takes; `nil` where it fails.
    private func time(_ client: HTTPClient, _ host: String) async -> Double? {
        let start = ContinuousClock.now
        let request = HTTPClientRequest(url: "\(scheme == .http ? "http" : "https")://\(host):\(port)/")
        guard let response = try? await client.execute(request, timeout: .seconds(60)),
            response.version == (scheme == .h2 ? .http2 : .http1_1),
            (try? await response.body.collect(upTo: 1_024)) != nil
        else { return nil }
        return start.duration(to: .now) / .milliseconds(1)
    }

    private static func say(_ facts: [String: Double?]) throws {
        let facts = facts.mapValues { $0 as Any? ?? NSNull() }
        let json = try JSONSerialization.data(withJSONObject: facts, options: [.sortedKeys])
        print(String(decoding: json, as: UTF8.self))
    }
}
