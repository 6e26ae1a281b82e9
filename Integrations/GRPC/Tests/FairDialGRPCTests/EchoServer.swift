// SPDX-License-Identifier: Apache-2.0

import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOConcurrencyHelpers
import NIOCore
import Testing

/// A gRPC server on loopback that answers with its own name.
final class EchoServer: Sendable {
    static let method = MethodDescriptor(fullyQualifiedService: "fair.Echo", method: "Name")

    /// Bytes as they are: no code needs to be generated.
    struct Bytes: MessageSerializer, MessageDeserializer {
        func serialize<Buffer: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Buffer { Buffer(message) }

        func deserialize<Buffer: GRPCContiguousBytes>(_ bytes: Buffer) throws -> [UInt8] {
            bytes.withUnsafeBytes { Array($0) }
        }
    }

    private struct Service: RegistrableRPCService {
        let name: String
        let calls: NIOLockedValueBox<Int>
        let held: NIOLockedValueBox<Set<UInt8>>

        func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
            router.registerHandler(forMethod: method, deserializer: Bytes(), serializer: Bytes()) { request, _ in
                for try await message in request.messages where message.count > 1 {
                    held.withLockedValue { _ = $0.insert(message[1]) }
                }
                calls.withLockedValue { $0 += 1 }
                return StreamingServerResponse { writer in
                    try await writer.write(Array(name.utf8))
                    return [:]
                }
            }
        }
    }

    let port: Int
    private let server: GRPCServer<HTTP2ServerTransport.Posix>
    private let run: Task<Void, any Error>
    private let calls: NIOLockedValueBox<Int>
    private let held: NIOLockedValueBox<Set<UInt8>>
    private let channels: NIOLockedValueBox<[ObjectIdentifier: any Channel]>

    private init(
        _ port: Int,
        _ server: GRPCServer<HTTP2ServerTransport.Posix>,
        _ run: Task<Void, any Error>,
        _ calls: NIOLockedValueBox<Int>,
        _ held: NIOLockedValueBox<Set<UInt8>>,
        _ channels: NIOLockedValueBox<[ObjectIdentifier: any Channel]>
    ) {
        self.port = port
        self.server = server
        self.run = run
        self.calls = calls
        self.held = held
        self.channels = channels
    }

    /// How many calls it has answered.
    var callCount: Int { calls.withLockedValue { $0 } }

    /// The numbers of the held calls that have reached it.
    var heldNumbers: Set<UInt8> { held.withLockedValue { $0 } }

    /// How many connections are open.
    var connectionCount: Int { channels.withLockedValue { $0.count } }

    /// - Parameters:
    ///   - security: in the clear where none is given.
    ///   - maxAge: when it tells a client that it wants no new calls on their connection (GOAWAY); those on it may end.
    ///   - accepted: called for each connection, on its loop, before anything is read of it.
    static func start(
        _ name: String = "echo",
        address: String = "127.0.0.1",
        port: Int = 0,
        security: HTTP2ServerTransport.Posix.TransportSecurity = .plaintext,
        maxAge: Duration? = nil,
        accepted: @escaping @Sendable () -> Void = {}
    ) async throws -> EchoServer {
        let (calls, held) = (NIOLockedValueBox(0), NIOLockedValueBox<Set<UInt8>>([]))
        let channels = NIOLockedValueBox<[ObjectIdentifier: any Channel]>([:])
        var config = HTTP2ServerTransport.Posix.Config.defaults
        config.connection.maxAge = maxAge
        config.channelDebuggingCallbacks.onAcceptTCPConnection = { channel in
            channels.withLockedValue { $0[ObjectIdentifier(channel)] = channel }
            accepted()
            channel.closeFuture.whenComplete { _ in
                channels.withLockedValue { $0[ObjectIdentifier(channel)] = nil }
            }
            return channel.eventLoop.makeSucceededVoidFuture()
        }
        let transport = HTTP2ServerTransport.Posix(
            address: .ipv4(host: address, port: port),
            transportSecurity: security,
            config: config
        )
        let server = GRPCServer(transport: transport, services: [Service(name: name, calls: calls, held: held)])
        let run = Task { try await server.serve() }
        do {
            let bound = try await transport.listeningAddress
            return EchoServer(bound.ipv4?.port ?? 0, server, run, calls, held, channels)
        } catch {
            run.cancel()
            throw error
        }
    }

    /// Closes every connection that there is, in the middle of whatever it does.
    func killConnections() {
        for channel in channels.withLockedValue({ Array($0.values) }) { channel.close(mode: .all, promise: nil) }
    }

    /// Ends it: its listening socket first. Cancelled while it accepts, gRPC's server drops the connection that comes,
    /// which SwiftNIO takes for a mistake of the program and ends it.
    func stop() async {
        server.beginGracefulShutdown()
        killConnections()
        _ = await Patience.untilEnded { [run] in _ = await run.result }
        run.cancel()
        _ = try? await run.value
    }

    /// Asks a client's server for its name.
    static func name(
        from client: GRPCClient<some ClientTransport>,
        options: CallOptions = .defaults
    ) async throws -> String {
        try await client.unary(
            request: ClientRequest(message: [1]),
            descriptor: method,
            serializer: Bytes(),
            deserializer: Bytes(),
            options: options
        ) { String(decoding: try $0.message, as: UTF8.self) }
    }
}

extension EchoServer {
    /// A call that ends when the gate is finished: the server answers when the client has said everything.
    static func heldName(
        from client: GRPCClient<some ClientTransport>,
        _ number: UInt8 = 0,
        until gate: AsyncStream<Void>,
        options: CallOptions = .defaults
    ) async throws -> String {
        try await client.clientStreaming(
            request: StreamingClientRequest { writer in
                try await writer.write([1, number])
                for await _ in gate {}
            },
            descriptor: method,
            serializer: Bytes(),
            deserializer: Bytes(),
            options: options
        ) { String(decoding: try $0.message, as: UTF8.self) }
    }
}

/// A call, and its answer checked.
func expectEcho(from client: GRPCClient<some ClientTransport>) async throws {
    let name = try await EchoServer.name(from: client)
    #expect(name == "echo")
}
