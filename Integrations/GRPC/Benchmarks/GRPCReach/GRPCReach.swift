// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialGRPC
import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOCore

/// gRPC where names are slow, as it is, with names through a dialer, and with connections through one:
/// `Benchmarks/clients` runs it inside `fairdial sandbox`.
///
/// `WHO literal` prints how many ms a call to 127.0.0.1 takes alone and behind 20 slow names, and how many calls to
/// those were answered; `WHO shared` how many of 20 calls to one slow name were, each of a channel of its own; `WHO
/// shutdown` the ms from `beginGracefulShutdown` to the end while a lookup hangs. A call may take 1 s. WHO is `stock`,
/// `registry` or `transport`.
@main
struct GRPCReach {
    private static let method = MethodDescriptor(fullyQualifiedService: "fair.Echo", method: "Name")
    private static let limit = Duration.seconds(1)

    static func main() async throws {
        let words = Array(CommandLine.arguments.dropFirst())
        guard words.count == 2, ["stock", "registry", "transport"].contains(words[0]) else { usage() }
        let transport = HTTP2ServerTransport.Posix(
            address: .ipv4(host: "127.0.0.1", port: 0),
            transportSecurity: .plaintext
        )
        let server = GRPCServer(transport: transport, services: [Service()])
        Task { try await server.serve() }
        let run = Run(who: words[0], port: try await transport.listeningAddress.ipv4?.port ?? 0)
        switch words[1] {
        case "literal":
            // The first call of a process pays for much that is made once.
            _ = try await run.time("127.0.0.1")
            let alone = try await run.time("127.0.0.1")
            let (behind, answered) = try await withThrowingTaskGroup(of: Double?.self) { group in
                for number in 0..<20 { group.addTask { try await run.time("n\(number).slow.test") } }
                try await Task.sleep(for: .milliseconds(20))
                let behind = try await run.time("127.0.0.1")
                var answered = 0
                for try await time in group where time != nil { answered += 1 }
                return (behind, answered)
            }
            try say(["alone": alone, "behind": behind, "answered": Double(answered)])
        case "shared":
            let answered = try await withThrowingTaskGroup(of: Double?.self) { group in
                for _ in 0..<20 { group.addTask { try await run.time("one.slow.test") } }
                var answered = 0
                for try await time in group where time != nil { answered += 1 }
                return answered
            }
            try say(["answered": Double(answered)])
        case "shutdown": try say(["took": try await run.shutdown()])
        default: usage()
        }
        exit(0)
    }

    private static func usage() -> Never {
        print("usage: GRPCReach stock|registry|transport literal|shared|shutdown")
        exit(2)
    }

    private static func say(_ facts: [String: Double?]) throws {
        let facts = facts.mapValues { $0 as Any? ?? NSNull() }
        let json = try JSONSerialization.data(withJSONObject: facts, options: [.sortedKeys])
        print(String(decoding: json, as: UTF8.self))
        fflush(nil)
    }

    private struct Bytes: MessageSerializer, MessageDeserializer {
        func serialize<Buffer: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Buffer { Buffer(message) }

        func deserialize<Buffer: GRPCContiguousBytes>(_ bytes: Buffer) throws -> [UInt8] {
            bytes.withUnsafeBytes { Array($0) }
        }
    }

    private struct Service: RegistrableRPCService {
        func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
            router.registerHandler(forMethod: method, deserializer: Bytes(), serializer: Bytes()) { request, _ in
                for try await _ in request.messages {}
                return StreamingServerResponse { writer in
                    try await writer.write([1])
                    return [:]
                }
            }
        }
    }

    private struct Run: Sendable {
        let who: String
        let port: Int

        /// How many ms one call takes, its channel included; `nil` where it fails.
        func time(_ host: String) async throws -> Double? {
            if who == "transport" { return await time(FairTransport(to: try Target(host: host, port: port))) }
            if who == "registry" { return await time(try channel(host)) }
            return await time(try posix(host))
        }

        private func channel(_ host: String) throws -> FairChannel {
            try FairChannel(target: .dns(host: host, port: port), transportSecurity: .plaintext)
        }

        private func posix(_ host: String) throws -> HTTP2ClientTransport.Posix {
            try HTTP2ClientTransport.Posix(target: .dns(host: host, port: port), transportSecurity: .plaintext)
        }

        private func time(_ transport: some ClientTransport) async -> Double? {
            let client = GRPCClient(transport: transport)
            Task { try await client.runConnections() }
            defer { client.beginGracefulShutdown() }
            var options = CallOptions.defaults
            options.timeout = limit
            let start = ContinuousClock.now
            let answer = try? await client.unary(
                request: ClientRequest(message: [1]),
                descriptor: method,
                serializer: Bytes(),
                deserializer: Bytes(),
                options: options
            ) { try $0.message }
            return answer == nil ? nil : start.duration(to: .now) / .milliseconds(1)
        }

        func shutdown() async throws -> Double {
            if who == "transport" {
                return try await shutdown(FairTransport(to: try Target(host: "n0.slow.test", port: port)))
            }
            if who == "registry" { return try await shutdown(try channel("n0.slow.test")) }
            return try await shutdown(try posix("n0.slow.test"))
        }

        private func shutdown(_ transport: some ClientTransport) async throws -> Double {
            let client = GRPCClient(transport: transport)
            let run = Task { try await client.runConnections() }
            try await Task.sleep(for: .milliseconds(200))
            let start = ContinuousClock.now
            client.beginGracefulShutdown()
            try? await run.value
            return start.duration(to: .now) / .milliseconds(1)
        }
    }
}
