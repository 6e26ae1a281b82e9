// SPDX-License-Identifier: Apache-2.0

// A pool of connections to Redis, as a driver's author writes it. The article ForDriverAuthors of FairPool's
// documentation shows these lines, and a test runs them against a server: `RedisPool HOST PORT [PASSWORD]`.

import FairDial
import FairPool
import Foundation
import NIOCore

// snippet.protocol
/// What Redis answers. An error is an answer too: the connection is as good as before.
enum RedisReply: Hashable, Sendable {
    case text(String)
    case integer(Int)
    case nothing
    case error(String)
}

/// Commands go out in the order in which they come, and so do the answers come back. No arrays: this is about the pool.
final class RedisHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = (words: [String], reply: EventLoopPromise<RedisReply>)
    typealias OutboundOut = ByteBuffer

    struct NotRedis: Error {}

    private static let lineLimit = 65_536
    private static let textLimit = 16_777_216
    private var received = ByteBuffer()
    private var promises = CircularBuffer<EventLoopPromise<RedisReply>>()

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let (words, reply) = unwrapOutboundIn(data)
        promises.append(reply)
        let text = "*\(words.count)\r\n" + words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
        context.write(wrapOutboundOut(ByteBuffer(string: text)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        received.writeBuffer(&part)
        do {
            while let reply = try Self.read(&received) {
                guard let promise = promises.popFirst() else { throw NotRedis() }
                promise.succeed(reply)
            }
        } catch {
            // What comes after an answer that cannot be read is nobody's.
            context.close(promise: nil)
        }
        received.discardReadBytes()
    }

    func channelInactive(context: ChannelHandlerContext) {
        while let promise = promises.popFirst() { promise.fail(ChannelError.eof) }
        context.fireChannelInactive()
    }

    /// One answer; `nil` where it is not there as a whole.
    static func read(_ bytes: inout ByteBuffer) throws -> RedisReply? {
        var rest = bytes
        guard let end = rest.readableBytesView.prefix(lineLimit).firstIndex(of: UInt8(ascii: "\r")) else {
            if rest.readableBytes >= lineLimit { throw NotRedis() }
            return nil
        }
        guard let kind: UInt8 = rest.readInteger(), let line = rest.readString(length: end - rest.readerIndex) else {
            throw NotRedis()
        }
        guard let lineEnd = rest.readString(length: 2) else { return nil }
        guard lineEnd == "\r\n" else { throw NotRedis() }
        var reply: RedisReply
        switch (kind, Int(line)) {
        case (UInt8(ascii: "+"), _): reply = .text(line)
        case (UInt8(ascii: "-"), _): reply = .error(line)
        case (UInt8(ascii: ":"), let number?): reply = .integer(number)
        case (UInt8(ascii: "$"), -1): reply = .nothing
        case (UInt8(ascii: "$"), let length?) where (0...textLimit).contains(length):
            guard let text = rest.readString(length: length), rest.readString(length: 2) != nil else { return nil }
            reply = .text(text)
        default: throw NotRedis()
        }
        bytes = rest
        return reply
    }
}
// snippet.end

// snippet.pool
struct Redis: Sendable {
    struct Refused: Error { let words: String }

    let pool: ConnectionPool<any Channel>

    init(at targets: [Target], password: String? = nil, checkAfter: Duration = .seconds(30)) {
        var configuration = PoolConfiguration()
        configuration.maximumSize = 20
        configuration.waitTimeout = .seconds(2)
        configuration.checkAfter = checkAfter
        var options = DialOptions()
        options.readiness = .when { channel in Redis.greet(channel, password) }
        pool = ConnectionPool(to: targets, configuration: configuration, options: options, check: Redis.check) {
            try $0.pipeline.syncOperations.addHandler(RedisHandler())
            return $0.eventLoop.makeSucceededFuture($0)
        }
    }

    /// Runs one command. An answer that is an error is a value here, so the pool keeps the connection.
    func run(_ words: String...) async throws -> RedisReply {
        try await pool.withConnection { try await Redis.send(words, on: $0.channel).get() }
    }

    static func send(_ words: [String], on channel: any Channel) -> EventLoopFuture<RedisReply> {
        let reply = channel.eventLoop.makePromise(of: RedisReply.self)
        channel.writeAndFlush((words: words, reply: reply) as RedisHandler.OutboundIn).cascadeFailure(to: reply)
        return reply.futureResult
    }

    /// On the handshake clock: who does not answer, or refuses, is no connection.
    static func greet(_ channel: any Channel, _ password: String?) -> EventLoopFuture<Void> {
        send(password.map { ["AUTH", $0] } ?? ["PING"], on: channel).flatMapThrowing { reply in
            if case .error(let words) = reply { throw Refused(words: words) }
        }
    }

    /// After `checkAfter` of idle time, before the connection is handed out.
    static func check(_ connection: PooledConnection<any Channel>) -> EventLoopFuture<Void> {
        greet(connection.channel, nil)
    }
}
// snippet.end

let arguments = CommandLine.arguments
guard arguments.count >= 3, let port = Int(arguments[2]) else {
    print("usage: RedisPool HOST PORT [PASSWORD]")
    exit(2)
}
let targets = [try Target(host: arguments[1], port: port)]
let password = arguments.dropFirst(3).first
let redis = Redis(at: targets, password: password)
do {
    print(try await redis.run("SET", "greeting", "fair"))
    print(try await redis.run("GET", "greeting"))
    print(try await redis.run("INCR", "greeting"))
    // Many at once share 20 connections, and all of these come back.
    let replies = (0..<1_000).map { _ in Task { try await redis.run("INCR", "count") } }
    var sum = 0
    for reply in replies { if case .integer(let number) = try await reply.value { sum += number } }
    print(sum, redis.pool.counts.inUse)
    // One that checks before each use: the server counts the questions. The first command has a new connection.
    let careful = Redis(at: targets, password: password, checkAfter: .zero)
    _ = try await careful.run("CONFIG", "RESETSTAT")
    for _ in 0..<3 { _ = try await careful.run("GET", "greeting") }
    if case .text(let statistics) = try await careful.run("INFO", "commandstats") {
        let pings = statistics.split(whereSeparator: \.isNewline).first { $0.hasPrefix("cmdstat_ping:") }
        print(pings?.prefix { $0 != "," } ?? "no check")
    }
    await careful.pool.close()
} catch {
    print(error)
}
await redis.pool.close()
