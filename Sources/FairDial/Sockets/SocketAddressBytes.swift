// SPDX-License-Identifier: Apache-2.0

import CSockets
import IPAddresses
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A `sockaddr` as the socket calls take it.
@available(FairDial 0.1, *)
struct SocketAddressBytes: Sendable {
    private var storage: sockaddr_storage
    let length: socklen_t
    let family: Int32

    /// The address of an endpoint; a zone's name is turned into its index, with one system call.
    ///
    /// - Throws: `AttemptFailure` when no interface has the zone's name, or there is no descriptor to ask with.
    init(_ endpoint: Endpoint) throws(AttemptFailure) {
        storage = sockaddr_storage()
        switch endpoint.address {
        case .v4(let address):
            family = AF_INET
            length = fairdial_ipv4_address(&storage, address.bits, endpoint.port)
        case .v6(let address, let zone):
            let scope = try Self.scope(of: zone)
            family = AF_INET6
            length = fairdial_ipv6_address(&storage, address.high, address.low, scope, endpoint.port)
        }
    }

    /// The address of a Unix domain socket; `Target` has checked that the path fits.
    init(path: String) throws(AttemptFailure) {
        storage = sockaddr_storage()
        family = AF_UNIX
        let pathOffset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        let capacity = MemoryLayout<sockaddr_un>.size - pathOffset
        let path = Array(path.utf8)
        guard path.count < capacity else { throw AttemptFailure(errorNumber: ENAMETOOLONG) }
        length = socklen_t(pathOffset + path.count + 1)
        var bytes = sockaddr_un()
        bytes.sun_family = sa_family_t(AF_UNIX)
        #if canImport(Darwin)
            bytes.sun_len = UInt8(length)
        #endif
        withUnsafeMutableBytes(of: &bytes) { buffer in
            for (offset, byte) in path.enumerated() { buffer[pathOffset + offset] = byte }
        }
        withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: bytes, as: sockaddr_un.self) }
    }

    init(_ destination: Destination) throws(AttemptFailure) {
        switch destination {
        case .internet(let endpoint): try self.init(endpoint)
        case .local(let path): try self.init(path: path)
        }
    }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// Whether a socket's peer is the socket itself. The kernel is asked for both ends, because what is dialed is
    /// another text than what is reached where it is `0.0.0.0` or `::`. Scopes are left aside: an address of this
    /// machine's that is reached through a zone is the zone's own.
    static func isConnectedToItself(_ descriptor: CInt) -> Bool {
        var own = sockaddr_storage()
        var peer = sockaddr_storage()
        return withUnsafeMutablePointer(to: &own) { own in
            withUnsafeMutablePointer(to: &peer) { peer in
                own.withMemoryRebound(to: sockaddr.self, capacity: 1) { own in
                    peer.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer in
                        var (ownLength, peerLength) = (
                            socklen_t(MemoryLayout<sockaddr_storage>.size),
                            socklen_t(MemoryLayout<sockaddr_storage>.size)
                        )
                        guard getsockname(descriptor, own, &ownLength) == 0,
                            getpeername(descriptor, peer, &peerLength) == 0
                        else { return false }
                        return fairdial_same_endpoint(own, peer) != 0
                    }
                }
            }
        }
    }

    /// The same address as NIO's, for the calls that take one; not for Unix domain sockets.
    var nioAddress: SocketAddress {
        withUnsafeBytes(of: storage) { bytes in
            family == AF_INET
                ? SocketAddress(bytes.load(as: sockaddr_in.self)) : SocketAddress(bytes.load(as: sockaddr_in6.self))
        }
    }

    private static func scope(of zone: Zone?) throws(AttemptFailure) -> UInt32 {
        switch zone {
        case nil: return 0
        case .index(let index): return index
        case .name(let name):
            errno = 0
            let index = if_nametoindex(name.description)
            if index != 0 { return index }
            guard errno == ENODEV || errno == ENXIO else {
                // glibc asks with a socket, and leaves ENOENT where it got none: the machine lacks a descriptor; the
                // zone may be right.
                throw AttemptFailure(errorNumber: errno == ENOENT ? EMFILE : errno)
            }
            throw AttemptFailure(reason: "there is no interface \"\(name)\"")
        }
    }
}
