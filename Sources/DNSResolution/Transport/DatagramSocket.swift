// SPDX-License-Identifier: Apache-2.0

import CSockets
import IPAddresses

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A socket for datagrams to one server, from a port that the kernel chooses at random.
///
/// It is connected, so the kernel lets nothing through but what comes from the server's own address and port, and tells
/// when no server listens there.
@available(FairDial 0.1, *)
struct DatagramSocket: Sendable {
    let descriptor: CInt

    /// An error number, as a thrown value.
    struct Failure: Error {
        let number: Int32
        /// Whether it was a thread that was not to be had, and not a descriptor.
        var isThread = false
    }

    init(to server: NameServer) throws(Failure) {
        var address = sockaddr_storage()
        let endpoint = server.endpoint
        let length: socklen_t
        switch endpoint.address {
        case .v4(let bits): length = fairdial_ipv4_address(&address, bits.bits, endpoint.port)
        case .v6(let bits, let zone):
            length = fairdial_ipv6_address(&address, bits.high, bits.low, try Self.index(of: zone), endpoint.port)
        }
        #if os(Linux)
            let type = CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        #else
            let type = SOCK_DGRAM
        #endif
        descriptor = socket(CInt(address.ss_family), type, 0)
        guard descriptor >= 0 else { throw Failure(number: errno) }
        #if !os(Linux)
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        #endif
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
        }
        if status != 0 {
            let number = errno
            Self.close(descriptor)
            throw Failure(number: number)
        }
    }

    private static func index(of zone: Zone?) throws(Failure) -> UInt32 {
        switch zone {
        case nil: return 0
        case .index(let index): return index
        case .name(let name):
            let index = if_nametoindex("\(name)")
            if index == 0 { throw Failure(number: errno) }
            return index
        }
    }

    /// - Returns: 0, or the error number.
    static func send(_ message: [UInt8], on descriptor: CInt) -> Int32 {
        #if os(Linux)
            let flags = CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)
        #else
            let flags = MSG_DONTWAIT
        #endif
        let count = message.withUnsafeBytes { fairdial_send(descriptor, $0.baseAddress, $0.count, flags) }
        return count < 0 ? errno : 0
    }

    static func close(_ descriptor: CInt) {
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
            _ = Musl.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
    }
}
