// SPDX-License-Identifier: Apache-2.0

// From `SocketAddress.makeAddressResolvingHost`. The article Migration of FairDial's documentation shows these lines.

import FairDial
import NIOCore
import NIOPosix

func connectBefore(on loop: any EventLoop) throws -> EventLoopFuture<any Channel> {
    // snippet.before
    let address = try SocketAddress.makeAddressResolvingHost("feeds.example.com", port: 443)
    let channel = ClientBootstrap(group: loop).connect(to: address)
    // snippet.end
    return channel
}

func connectAfter(on loop: any EventLoop) -> EventLoopFuture<any Channel> {
    // snippet.after
    let channel = Dialer.shared.connect(to: "feeds.example.com", port: 443, on: loop).map(\.channel)
    // snippet.end
    return channel
}

func addressesAlone() async throws -> [SocketAddress] {
    // snippet.addresses
    let answer = try await Dialer.shared.resolve("feeds.example.com", port: 443)
    let addresses = answer.endpoints.map(SocketAddress.init)
    // snippet.end
    return addresses
}
