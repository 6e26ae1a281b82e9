// SPDX-License-Identifier: Apache-2.0

import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Who may come in at all, by whose socket it is.
@available(FairDial 0.1, *)
enum Visitors: Sendable {
    /// Whoever reaches the port: the secret decides.
    case anyone
    /// This very process, as the kernel says of the peer of a Unix domain socket.
    case ownProcess
    /// This very process, which has the socket at the other end among its descriptors.
    case ownDescriptors(DescriptorFolder)

    /// Whether the peer of an accepted connection may come in; on the channel's loop.
    func admit(_ channel: any Channel) -> Bool {
        switch self {
        case .anyone: true
        case .ownProcess: Self.isPeerOwnProcess(channel)
        case .ownDescriptors(let folder): Self.isPeerOwnDescriptor(channel, in: folder)
        }
    }

    /// The C library's `ucred`, which its headers keep from Swift.
    private struct Credentials: Sendable {
        let process: CInt
        let user: CUnsignedInt
        let group: CUnsignedInt
    }

    private static func isPeerOwnProcess(_ channel: any Channel) -> Bool {
        #if os(Linux)
            guard let socket = channel as? any SocketOptionProvider else { return false }
            var isOwn = false
            let name = NIOBSDSocket.Option(rawValue: SO_PEERCRED)
            let credentials: EventLoopFuture<Credentials> = socket.unsafeGetSocketOption(level: .socket, name: name)
            // On the loop, a future that has ended calls back at once.
            credentials.assumeIsolated().whenSuccess { isOwn = $0.process == getpid() }
            return isOwn
        #else
            return false
        #endif
    }

    /// Looks for the peer's socket among the process's own: of two connected sockets, each has for its own address what
    /// the other has for its peer's, and no third one has both. A look at each descriptor, some 0.3 µs.
    private static func isPeerOwnDescriptor(_ channel: any Channel, in folder: DescriptorFolder) -> Bool {
        guard let client = channel.remoteAddress, let door = channel.localAddress else { return false }
        return folder.numbers.contains { descriptor in
            isAddress(client, of: descriptor, getsockname) && isAddress(door, of: descriptor, getpeername)
        }
    }

    private typealias AddressCall = (CInt, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?) -> CInt

    private static func isAddress(_ address: SocketAddress, of descriptor: CInt, _ call: AddressCall) -> Bool {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isThere = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call(descriptor, $0, &length) == 0 }
        }
        guard isThere else { return false }
        let family = CInt(storage.ss_family)
        return address.withSockAddr { wanted, _ in
            withUnsafeBytes(of: &storage) { own in
                // In either family the port lies behind the family; then comes the address, in IPv6 after the flow.
                let wanted = UnsafeRawBufferPointer(start: wanted, count: MemoryLayout<sockaddr_in>.size)
                guard own[2..<4].elementsEqual(wanted[2..<4]) else { return false }
                switch family {
                case AF_INET: return own[4..<8].elementsEqual(wanted[4..<8])
                // `::ffff:127.0.0.1`, from a socket that does both families.
                case AF_INET6:
                    return own[8..<20].elementsEqual(mappedPrefix) && own[20..<24].elementsEqual(wanted[4..<8])
                default: return false
                }
            }
        }
    }

    private static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
}
