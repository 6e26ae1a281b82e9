// SPDX-License-Identifier: Apache-2.0

/// A way to dial.
enum Dialing: String, CaseIterable {
    /// NIO's `connect(to:)`: each dial starts on the loop, where the last one ended.
    case nioAddress = "nio-address"
    /// NIO's `connect(host:port:)`, likewise.
    case nioHost = "nio-host"
    /// NIO's `connect(to:)`, awaited in Swift tasks.
    case nioAddressTask = "nio-address-task"
    /// NIO's `connect(host:port:)`, awaited in Swift tasks.
    case nioHostTask = "nio-host-task"
    /// Our future face: each dial starts on the loop, where the last one ended.
    case future
    /// Our task face, in Swift tasks.
    case async
    /// Our task face, with every dial logged, measured and traced.
    case observed
    /// The observer alone: it is told of a dial with a lookup, two attempts and a handshake.
    case told
    /// Bare sockets.
    case socket
    /// Bare sockets, raced: the first of two addresses refuses.
    case raced
}
