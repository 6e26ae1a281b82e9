// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import FairDial
import FairDialDoor
import FairDialHTTP
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// HTTPClient where names are slow, as it is and through a door: `Benchmarks/clients` runs it inside `fairdial
/// sandbox`.
///
/// `stock|door literal` prints how many ms a request to 127.0.0.1 takes alone and behind 20 slow names, and how many of
/// those were answered; `stock|door shared` how many of 20 requests for one slow name were. A connect timeout is 1 s.
@main
struct HTTPReach {
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    static func main() async throws {
        let words = CommandLine.arguments.dropFirst()
        guard words.count == 2, let who = words.first, ["stock", "door"].contains(who) else { usage() }
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.configureHTTPServerPipeline()
                    try child.pipeline.syncOperations.addHandler(Answerer())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = server.localAddress?.port ?? 0
        switch words.last {
        case "literal":
            // The first request of a process pays for much that is made once.
            _ = try await with(who) { await time($0, "127.0.0.1", port) }
            let alone = try await with(who) { await time($0, "127.0.0.1", port) }
            let (behind, answered) = try await with(who) { client in
                await withTaskGroup(of: Double?.self) { group in
                    for number in 0..<20 { group.addTask { await time(client, "n\(number).slow.test", port) } }
                    // By now they wait for their names, and for nothing else.
                    try? await Task.sleep(for: .milliseconds(100))
                    let behind = await time(client, "127.0.0.1", port)
                    return (behind, await group.reduce(0) { $0 + ($1 == nil ? 0 : 1) })
                }
            }
            try say(["alone": alone, "behind": behind, "answered": Double(answered)])
        case "shared":
            let answered = try await with(who) { client in
                await withTaskGroup(of: Double?.self) { group in
                    for _ in 0..<20 { group.addTask { await time(client, "one.slow.test", port) } }
                    return await group.reduce(0) { $0 + ($1 == nil ? 0 : 1) }
                }
            }
            try say(["answered": Double(answered)])
        default: usage()
        }
    }

    private static func usage() -> Never {
        print("usage: HTTPReach stock|door literal|shared")
        exit(2)
    }

    private static func with<Result: Sendable>(
        _ who: String,
        _ body: @Sendable (HTTPClient) async -> Result
    ) async throws -> Result {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(1)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 20
        // Else the first connection goes alone, for it may turn out to speak HTTP/2. The others follow when it stands,
        // so no longer at the same time; and their question for AAAA is a second one, as this server's "no data" has
        // no SOA and is not kept (RFC 2308 §5).
        configuration.httpVersion = .http1Only
        let door = who == "door" ? try await Door.http(dialer: Dialer(timeouts: Timeouts(connect: .seconds(1)))) : nil
        if let door { try configuration.dial(through: door) }
        let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        let result = await body(client)
        try await client.shutdown()
        await door?.shutDown(within: .zero)
        return result
    }

    /// How many ms a request takes; `nil` where it fails.
    private static func time(_ client: HTTPClient, _ host: String, _ port: Int) async -> Double? {
        let start = ContinuousClock.now
        let request = HTTPClientRequest(url: "http://\(host):\(port)/")
        guard let response = try? await client.execute(request, timeout: .seconds(60)),
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

private final class Answerer: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "0"])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
