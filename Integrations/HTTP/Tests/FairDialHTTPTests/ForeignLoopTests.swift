// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import FairDial
import FairDialDoor
import FairDialHTTP
import Foundation
import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

/// Loops on which NIO makes no channels of sockets are an error, and no trap; any other group of NIO's will do.
@Suite(.timeLimit(.minutes(3))) struct `A loop of another group` {
    private static func door() async throws -> Door {
        var configuration = DialerConfiguration()
        configuration.group = NIOAsyncTestingEventLoop()
        return try await Door.http(dialer: Dialer(configuration))
    }

    @Test func `opens no door for a client`() async throws {
        let error = await #expect(throws: DialError.self) { _ = try await Self.door() }
        #expect(error?.code == .unsupportedEventLoop)
        #expect(error?.isRetryable == false)
        #expect(error?.message.contains("NIOAsyncTestingEventLoop") == true, "\(error?.message ?? "")")
    }

    @Test func `leaves nothing behind`() async {
        await #expect(processExitsWith: .success) {
            func descriptors() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
            }
            for _ in 0..<10 { _ = try? await Self.door() }
            let before = try descriptors()
            for _ in 0..<200 {
                do {
                    _ = try await Self.door()
                    exit(10)
                } catch let error as DialError {
                    if error.code != .unsupportedEventLoop { exit(11) }
                }
            }
            exit(try descriptors() <= before ? 0 : 12)
        }
    }

    @Test func `of the client's is none of the door's, and both do their work`() async throws {
        let server = try await WebServer.start()
        let (clients, doors) = (
            MultiThreadedEventLoopGroup(numberOfThreads: 1), MultiThreadedEventLoopGroup(numberOfThreads: 1)
        )
        var dialing = DialerConfiguration()
        dialing.group = doors.next()
        let door = try await Door.http(dialer: Dialer(dialing))
        let client = HTTPClient(
            eventLoopGroupProvider: .shared(clients.next()),
            configuration: try HTTPClient.Configuration().dialing(through: door)
        )
        let url = "http://127.0.0.1:\(server.port)/"
        let response = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(60))
        #expect(String(buffer: try await response.body.collect(upTo: 1_024)) == "HTTP/1.1")
        #expect(door.counts.accepted == 1)
        try await client.shutdown()
        await door.shutDown(within: .zero)
        try await server.stop()
        try await clients.shutdownGracefully()
        try await doors.shutdownGracefully()
    }
}
