// SPDX-License-Identifier: Apache-2.0

// An MQTT client that takes nothing but a host and a port. The article MQTT of FairDialDoor's documentation shows parts
// of this, and a test runs it against a broker: `Client-MQTT HOST PORT`.

import FairDial
import FairDialDoor
import Foundation
import NIOCore
import NIOPosix

/// As much of a client as it takes to see that a connection serves: CONNECT, a ping, DISCONNECT.
struct Broker: Sendable {
    struct HungUp: Error {}

    let host: String
    let port: Int

    /// Connects, and sends a ping.
    ///
    /// - Returns: what came back, byte by byte: CONNACK and PINGRESP.
    func ping() async throws -> [UInt8] {
        let stream = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await stream.executeThenClose { inbound, outbound in
            // MQTT 3.1.1, a clean session, a minute to keep alive.
            let connect: [UInt8] = [4, 2, 0, 60, 0, 4]
            let body = [0, 4] + Array("MQTT".utf8) + connect + Array("fair".utf8)
            try await outbound.write(ByteBuffer(bytes: [0x10, UInt8(body.count)] + body))
            try await outbound.write(ByteBuffer(bytes: [0xC0, 0] as [UInt8]))
            var received: [UInt8] = []
            for try await part in inbound {
                received += part.readableBytesView
                // CONNACK has four bytes, PINGRESP two.
                guard received.count >= 6 else { continue }
                try await outbound.write(ByteBuffer(bytes: [0xE0, 0] as [UInt8]))
                return received
            }
            throw HungUp()
        }
    }
}

func brokerBefore() -> Broker {
    // snippet.before
    let broker = Broker(host: "mqtt.example.org", port: 1883)
    // snippet.end
    return broker
}

let arguments = CommandLine.arguments
guard arguments.count == 3, let port = Int(arguments[2]) else {
    print("usage: Client-MQTT HOST PORT")
    exit(2)
}
let target = try Target(host: arguments[1], port: port)

// snippet.after
let door = try await Door.loopback(to: target)
let broker = Broker(host: "127.0.0.1", port: door.address.port ?? 0)
// snippet.end
print(try await broker.ping())
await door.shutDown()
