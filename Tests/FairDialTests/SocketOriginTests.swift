// SPDX-License-Identifier: Apache-2.0

import Foundation
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NameResolution
import Testing

@testable import FairDial

/// The kernel has the last word on what an address reaches.
@Suite struct `What an address reaches` {
    @Test(
        arguments: [
            ("0.0.0.0", nil), ("::", nil), ("::%1", nil), ("::ffff:0.0.0.0", nil), ("::ffff:127.0.0.9", nil),
            ("127.0.0.9", nil), ("::1", nil), ("0.0.0.0", "127.0.0.2"), ("0.0.0.0", "0.0.0.0"), ("::", "::1"),
            ("::ffff:0.0.0.0", "::ffff:127.0.0.2"), ("::", "::ffff:127.0.0.2"), ("::", "::ffff:0.0.0.0"),
            ("::ffff:0.0.0.0", "::"),
        ] as [(String, String?)]
    )
    func `is what the kernel says that the socket's peer is`(host: String, local: String?) throws {
        var options = DialOptions()
        if let local { options.localEndpoints = [Endpoint(address: try IPAddress(local), port: 0)] }
        let address = try IPAddress(host)
        // A datagram socket is connected without a packet.
        let opening = KernelConnector.shared.open(
            .internet(Endpoint(address: address, port: 9)),
            with: options.sockets(over: .datagram)
        )
        guard case .opened(let socket, .connected) = opening else {
            Issue.record("\(host) from \(local ?? "anywhere"): \(opening)")
            return
        }
        defer { KernelConnector.shared.close(socket) }
        var peer = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let text = try withUnsafeMutablePointer(to: &peer) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer in
                try #require(getpeername(socket.descriptor, peer, &length) == 0)
                var text = [CChar](repeating: 0, count: 64)
                try #require(getnameinfo(peer, length, &text, 64, nil, 0, NI_NUMERICHOST) == 0)
                return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
        }
        let kernel = try IPAddress(text)
        let reached = try #require(SocketOrigin(options).reached(by: address))
        #expect(reached == (kernel.embeddedIPv4.map(IPAddress.v4) ?? kernel))
    }

    @Test func `is not known where an option binds the sockets to a device`() throws {
        var options = DialOptions()
        options.socketOptions = [.bytes(level: SOL_SOCKET, name: SO_BINDTODEVICE, value: Array("lo\0".utf8))]
        let origin = SocketOrigin(options)
        #expect(origin.reached(by: .v4(.unspecified)) == nil)
        #expect(origin.reached(by: .v4(.loopback)) == .v4(.loopback))
        let policy = AddressPolicy(denied: [try IPNetwork("10.0.0.0/8")])
        #expect(
            policy.veto(of: .v4(.unspecified), from: origin) == "forbidden: a socket option decides what it reaches"
        )
        #expect(AddressPolicy.unrestricted.veto(of: .v4(.unspecified), from: origin) == nil)
        options.socketOptions = [.noDelay(), .receiveBuffer(4_096)]
        #expect(policy.veto(of: .v4(.unspecified), from: SocketOrigin(options)) == nil)
    }
}

@Suite struct `A policy judges what is reached` {
    private static let loopback = AddressPolicy(
        denied: [
            IPNetwork(containing: .v4(.loopback), prefixLength: 8),
            IPNetwork(containing: .v6(.loopback, zone: nil), prefixLength: 128),
        ]
        .compactMap { $0 }
    )

    @Test(arguments: ["0.0.0.0", "0", "0x0", "::", "::%1", "::ffff:0.0.0.0", "64:ff9b::", "2002::"])
    func `the loopback is denied whatever reaches it`(host: String) async throws {
        var configuration = DialerConfiguration()
        configuration.policy = Self.loopback
        let error = await failure { try await Dialer(configuration).takeSocket(to: host, port: 1) }
        #expect(error?.code == .refusedByPolicy)
        #expect(error?.message.contains("forbidden: it reaches ") == true)
    }

    @Test func `a name with such an address is denied as well`() async throws {
        var configuration = DialerConfiguration()
        configuration.policy = Self.loopback
        configuration.overrides = ["db.test": [.v4(.unspecified), .v6(.unspecified, zone: nil)]]
        let error = await failure { try await Dialer(configuration).takeSocket(to: "db.test", port: 1) }
        #expect(error?.code == .refusedByPolicy)
        #expect(
            error?.report.attempts.map(\.reason) == [
                "forbidden: it reaches 127.0.0.1, in 127.0.0.0/8", "forbidden: it reaches ::1, in ::1/128",
            ]
        )
    }

    @Test func `from a bound socket it is another address that is reached`() async throws {
        var configuration = DialerConfiguration()
        configuration.policy = AddressPolicy(denied: [try IPNetwork("127.0.0.2/32")])
        var options = DialOptions()
        options.localEndpoints = [Endpoint(address: try IPAddress("127.0.0.2"), port: 0)]
        let error = await failure {
            try await Dialer(configuration).takeSocket(to: "0.0.0.0", port: 1, options: options)
        }
        #expect(error?.message.contains("forbidden: it reaches 127.0.0.2, in 127.0.0.2/32") == true)
        #expect(configuration.policy?.veto(of: .v4(.unspecified)) == nil)
    }

    @Test func `a network lets through what it has, and not what is merely written in it`() throws {
        func isAllowed(_ address: String, by network: String) throws -> Bool {
            AddressPolicy(allowed: [try IPNetwork(network)], elsewhere: .denied).veto(of: try IPAddress(address)) == nil
        }
        #expect(try isAllowed("0.0.0.0", by: "127.0.0.0/8"))
        #expect(try isAllowed("::", by: "::/0"))
        #expect(try !isAllowed("0.0.0.0", by: "0.0.0.0/8"))
        #expect(try isAllowed("0.0.0.0", by: "0.0.0.0/32"))
        // A mapped address goes out by IPv4.
        #expect(try !isAllowed("::ffff:10.0.0.1", by: "::/0"))
        #expect(try isAllowed("::ffff:10.0.0.1", by: "::ffff:10.0.0.0/104"))
        #expect(try isAllowed("::ffff:10.0.0.1", by: "10.0.0.0/8"))
        #expect(try !isAllowed("::ffff:10.0.0.1", by: "::ffff:0.0.0.0/96"))
        #expect(try isAllowed("10.0.0.1", by: "::ffff:10.0.0.0/104"))
        // What is carried is allowed by a network that has it.
        #expect(try !isAllowed("64:ff9b::10.0.0.1", by: "64:ff9b::/96"))
        #expect(try isAllowed("64:ff9b::10.0.0.1", by: "10.0.0.0/8"))
    }

    @Test(arguments: [
        ("0.0.0.0", ["0.0.0.0", "127.0.0.1"]), ("::", ["::", "::1"]),
        ("::ffff:0.0.0.0", ["::ffff:0.0.0.0", "0.0.0.0", "127.0.0.1"]),
        ("::ffff:127.0.0.1", ["::ffff:127.0.0.1", "127.0.0.1"]), ("127.0.0.1", ["127.0.0.1"]),
    ])
    func `the caller is asked about what is reached`(address: String, forms: [String]) throws {
        let asked = NIOLockedValueBox([String]())
        let policy = AddressPolicy { address, _, _ in
            asked.withLockedValue { $0.append("\(address)") }
            return true
        }
        #expect(policy.veto(of: try IPAddress(address)) == nil)
        #expect(asked.withLockedValue { $0 } == forms)
    }
}
