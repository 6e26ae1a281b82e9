// SPDX-License-Identifier: Apache-2.0

// A Redis or Valkey client that makes its connections by a closure, one that takes a path, and one that takes
// addresses. The article Redis of FairDialDoor's documentation shows parts of this, and a test runs it against a
// server: `Client-Redis HOST PORT`.

import FairDial
import FairDialDoor
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// As much of a client as it takes to see that a connection serves: commands whose answer is one line.
struct Store: Sendable {
    struct HungUp: Error {}

    /// Makes a connection to an address, `host:port`, on a loop of the client's.
    typealias ChannelFactory = @Sendable (_ address: String, _ loop: any EventLoop) async throws -> any Channel

    let address: String
    let channelFactory: ChannelFactory

    /// Runs one command over a connection of its own.
    func run(_ command: String) async throws -> String {
        let channel = try await channelFactory(address, MultiThreadedEventLoopGroup.singleton.next())
        let stream = try await channel.eventLoop.submit {
            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }.get()
        return try await stream.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: command + "\r\n"))
            var received = ""
            for try await part in inbound {
                received += String(buffer: part)
                if received.hasSuffix("\r\n") { return String(received.dropLast()) }
            }
            throw HungUp()
        }
    }
}

func storeBefore() -> Store {
    // snippet.before
    let store = Store(address: "cache.example.org:6379") { address, loop in
        let parts = address.split(separator: ":")
        return try await ClientBootstrap(group: loop)
            .connect(host: String(parts[0]), port: Int(parts[1]) ?? 6379).get()
    }
    // snippet.end
    return store
}

func storeAfter(_ address: String) -> Store {
    // snippet.after
    let store = Store(address: address) { address, loop in
        let target = try Target(hostAndPort: address, defaultPort: 6379)
        return try await Dialer.shared.connect(to: target, on: loop).get().output
    }
    // snippet.end
    return store
}

/// As much of a pool that is told addresses as it takes to see that one of them serves.
final class AddressPool: Sendable {
    private let addresses = NIOLockedValueBox<[SocketAddress]>([])

    /// The addresses of the connections that are made from now on.
    func updateConnectionAddresses(_ newAddresses: [SocketAddress]) {
        addresses.withLockedValue { $0 = newAddresses }
    }

    func run(_ command: String) async throws -> String {
        var failure: any Error = Store.HungUp()
        for address in addresses.withLockedValue({ $0 }) {
            let store = Store(address: "\(address)") { _, loop in
                try await ClientBootstrap(group: loop).connect(to: address).get()
            }
            do { return try await store.run(command) } catch { failure = error }
        }
        throw failure
    }
}

func poolBefore() throws -> AddressPool {
    let pool = AddressPool()
    // snippet.addresses-before
    pool.updateConnectionAddresses([try SocketAddress.makeAddressResolvingHost("cache.example.org", port: 6379)])
    // snippet.end
    return pool
}

func poolAfter(_ host: String, _ port: Int) async throws -> AddressPool {
    let pool = AddressPool()
    // snippet.addresses
    let found = try await Dialer.shared.resolve(host, port: port)
    pool.updateConnectionAddresses(found.endpoints.map(SocketAddress.init))
    // snippet.end
    return pool
}

let arguments = CommandLine.arguments
guard arguments.count == 3, let port = Int(arguments[2]) else {
    print("usage: Client-Redis HOST PORT")
    exit(2)
}
let target = try Target(host: arguments[1], port: port)
print("by a closure:", try await storeAfter("\(arguments[1]):\(port)").run("PING"))

// snippet.door
let door = try await Door.unixSocket(to: target)
let path = door.address.path ?? ""  // where the client connects to
// snippet.end
let near = Store(address: path) { path, loop in
    try await ClientBootstrap(group: loop).connect(unixDomainSocketPath: path).get()
}
print("through a door:", try await near.run("INCR visits"))
await door.shutDown()
print("by addresses:", try await poolAfter(arguments[1], port).run("PING"))
