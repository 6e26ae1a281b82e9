// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// A server of our own that speaks the wire protocol as a script wants it, faults included.
final class WireServer: Sendable {
    /// What has come in.
    struct Request: Sendable {
        /// Counts the connections: 0, 1, 2 …
        let connection: Int
        let id: Int32
        let isQuery: Bool
        /// With its sequences as arrays.
        let command: BSONDocument

        var name: String { command.keys.first ?? "" }
        var isHello: Bool { ["hello", "isMaster", "ismaster"].contains(name) }
    }

    /// What the server does about it.
    enum Reaction: Sendable {
        case reply(BSONDocument)
        /// Bytes as they are.
        case raw([UInt8])
        /// Nothing at all.
        case silence
        case close
        /// So many bytes of an answer, then the end.
        case cut(BSONDocument, after: Int)
        /// An answer that takes its time.
        case late(BSONDocument, by: TimeAmount)
        /// An answer when the test says so, by calling what it is given.
        case held(@Sendable (@escaping @Sendable (BSONDocument) -> Void) -> Void)
        /// Whatever the test says, when it says so, by calling what it is given.
        case deferred(@Sendable (@escaping @Sendable (Reaction) -> Void) -> Void)
        /// An answer, and nothing is read any more: what the client sends next stays in the sockets' buffers.
        case lastReply(BSONDocument)
    }

    private struct State {
        var requests: [Request] = []
        var connections = 0
        var open: [ObjectIdentifier: any Channel] = [:]
    }

    private let state = NIOLockedValueBox(State())
    private let channel: any Channel

    var port: Int { channel.localAddress?.port ?? 0 }
    var address: String { "127.0.0.1:\(port)" }
    /// The commands so far, without the hellos.
    var commands: [Request] { state.withLockedValue { $0.requests.filter { !$0.isHello } } }
    var requests: [Request] { state.withLockedValue { $0.requests } }
    /// How many connections there were, those that have ended included.
    var allConnections: Int { state.withLockedValue { $0.connections } }
    var openConnections: Int { state.withLockedValue { $0.open.count } }

    /// As if none had come so far.
    func forgetRequests() { state.withLockedValue { $0.requests = [] } }

    private init(_ channel: any Channel) { self.channel = channel }

    /// - Parameters:
    ///   - tls: the server's side of it; `nil` for none.
    ///   - script: called with each request, on the connection's loop.
    static func start(
        tls: NIOSSLContext? = nil,
        _ script: @escaping @Sendable (Request, WireServer) -> Reaction
    ) async throws -> WireServer {
        let box = NIOLockedValueBox<WireServer?>(nil)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelInitializer { child in
                guard let server = box.withLockedValue({ $0 }) else { return child.close() }
                let number = server.state.withLockedValue { state -> Int in
                    state.open[ObjectIdentifier(child)] = child
                    defer { state.connections += 1 }
                    return state.connections
                }
                child.closeFuture.whenComplete { _ in
                    server.state.withLockedValue { $0.open[ObjectIdentifier(child)] = nil }
                }
                return child.eventLoop.makeCompletedFuture {
                    if let tls { try child.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try child.pipeline.syncOperations.addHandler(Reader(number, server, script))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = WireServer(channel)
        box.withLockedValue { $0 = server }
        return server
    }

    /// Ends every connection that there is; new ones are taken.
    func dropConnections() {
        for child in state.withLockedValue({ Array($0.open.values) }) { child.close(promise: nil) }
    }

    func stop() async {
        try? await channel.close()
        dropConnections()
    }

    /// What a primary by itself says.
    func primaryHello(_ additional: [(String, BSONValue)] = []) -> BSONDocument {
        var hello: BSONDocument = [
            "ismaster": true, "isWritablePrimary": true, "helloOk": true, "setName": "rs",
            "hosts": [.string(address)], "me": .string(address), "maxBsonObjectSize": 16_777_216,
            "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000, "logicalSessionTimeoutMinutes": 30,
            "minWireVersion": 0, "maxWireVersion": 21, "ok": 1.0,
        ]
        for (key, value) in additional { try? hello.set(value, forKey: key) }
        return hello
    }

    /// What a server by itself says.
    static let standaloneHello: BSONDocument = [
        "ismaster": true, "isWritablePrimary": true, "helloOk": true, "maxBsonObjectSize": 16_777_216,
        "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000, "minWireVersion": 0, "maxWireVersion": 21,
        "ok": 1.0,
    ]

    /// A whole OP_MSG.
    static func message(_ document: BSONDocument, to request: Int32, opcode: Int32 = 2013) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.writeMultipleIntegers(
            Int32(16 + 5 + document.bytes.count),
            Int32(1),
            request,
            opcode,
            endianness: .little
        )
        buffer.writeInteger(UInt32(0))
        buffer.writeInteger(UInt8(0))
        buffer.writeBytes(document.bytes)
        return Array(buffer.readableBytesView)
    }

    /// A whole OP_REPLY.
    static func oldReply(_ document: BSONDocument, to request: Int32) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.writeMultipleIntegers(Int32(36 + document.bytes.count), Int32(1), request, Int32(1), endianness: .little)
        buffer.writeMultipleIntegers(Int32(8), Int64(0), Int32(0), Int32(1), endianness: .little)
        buffer.writeBytes(document.bytes)
        return Array(buffer.readableBytesView)
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let number: Int
        private let server: WireServer
        private let script: @Sendable (Request, WireServer) -> Reaction
        private var received = ByteBuffer()

        init(_ number: Int, _ server: WireServer, _ script: @escaping @Sendable (Request, WireServer) -> Reaction) {
            self.number = number
            self.server = server
            self.script = script
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data)
            received.writeBuffer(&bytes)
            while let length = received.getInteger(at: received.readerIndex, endianness: .little, as: Int32.self),
                let message = received.readSlice(length: Int(length))
            {
                guard let request = Self.request(message, number) else { return context.close(promise: nil) }
                server.state.withLockedValue { $0.requests.append(request) }
                react(script(request, server), to: request, context)
            }
        }

        private func react(_ reaction: Reaction, to request: Request, _ context: ChannelHandlerContext) {
            @Sendable func whole(_ document: BSONDocument) -> [UInt8] {
                request.isQuery
                    ? WireServer.oldReply(document, to: request.id) : WireServer.message(document, to: request.id)
            }
            switch reaction {
            case .reply(let document):
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: whole(document))), promise: nil)
            case .raw(let bytes): context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
            case .silence: break
            case .late(let document, let pause):
                let channel = context.channel
                channel.eventLoop.scheduleTask(in: pause) {
                    channel.writeAndFlush(ByteBuffer(bytes: whole(document)), promise: nil)
                }
            case .held(let take):
                let channel = context.channel
                take { document in channel.writeAndFlush(ByteBuffer(bytes: whole(document)), promise: nil) }
            case .deferred(let take):
                let parts = NIOLoopBound((self, context), eventLoop: context.eventLoop)
                let loop = context.eventLoop
                take { reaction in loop.execute { parts.value.0.react(reaction, to: request, parts.value.1) } }
            case .lastReply(let document):
                try? context.channel.syncOptions?.setOption(.autoRead, value: false)
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: whole(document))), promise: nil)
            case .close: context.close(promise: nil)
            case .cut(let document, let count):
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: whole(document).prefix(count))), promise: nil)
                context.close(promise: nil)
            }
        }

        private static func request(_ message: ByteBuffer, _ connection: Int) -> Request? {
            var message = message
            guard
                let (_, id, _, opcode) = message.readMultipleIntegers(
                    endianness: .little,
                    as: (Int32, Int32, Int32, Int32).self
                )
            else { return nil }
            if opcode == 2004 {
                message.moveReaderIndex(forwardBy: 4 + "admin.$cmd".utf8.count + 1 + 8)
                guard let document = document(&message) else { return nil }
                return Request(connection: connection, id: id, isQuery: true, command: document)
            }
            message.moveReaderIndex(forwardBy: 4)
            var command = BSONDocument()
            while let kind: UInt8 = message.readInteger() {
                if kind == 0 {
                    guard let body = document(&message) else { return nil }
                    command = body
                } else {
                    guard let size: Int32 = message.readInteger(endianness: .little),
                        var section = message.readSlice(length: Int(size) - 4),
                        let end = section.readableBytesView.firstIndex(of: 0),
                        let name = section.readString(length: end - section.readerIndex)
                    else { return nil }
                    section.moveReaderIndex(forwardBy: 1)
                    var documents: [BSONValue] = []
                    while let next = document(&section) { documents.append(.document(next)) }
                    try? command.append(
                        .array(BSONArray(documents)),
                        forKey: name,
                        limits: BSONLimits(size: 48_000_000)
                    )
                }
            }
            return Request(connection: connection, id: id, isQuery: false, command: command)
        }

        private static func document(_ buffer: inout ByteBuffer) -> BSONDocument? {
            guard let length = buffer.getInteger(at: buffer.readerIndex, endianness: .little, as: Int32.self),
                let bytes = buffer.readBytes(length: Int(length))
            else { return nil }
            return try? BSONDocument(validating: bytes)
        }
    }
}
