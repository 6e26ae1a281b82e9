// SPDX-License-Identifier: Apache-2.0

import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A listening socket and one thread that accepts, as cheaply as can be, so that the dialing side is what is measured.
///
/// A connection is kept until a thousand more have come, by when the dialing side has closed it.
final class PlainAcceptor: Sendable {
    let port: Int
    private let descriptor: CInt

    init?() {
        #if canImport(Darwin)
            let stream = SOCK_STREAM
        #else
            let stream = Int32(SOCK_STREAM.rawValue)
        #endif
        descriptor = socket(AF_INET, stream, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listening = descriptor
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listening, address, length) + listen(listening, 4_096) + getsockname(listening, address, &length)
            }
        }
        guard status == 0 else { return nil }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    func start() {
        let descriptor = descriptor
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        Thread.detachNewThread {
            var kept = [CInt](repeating: -1, count: 1_000)
            var next = 0
            while true {
                let accepted = accept(descriptor, nil, nil)
                if accepted < 0 { if errno == EAGAIN { usleep(500); continue }; return }
                if kept[next] >= 0 { close(kept[next]) }
                kept[next] = accepted
                next = (next + 1) % kept.count
            }
        }
    }
}
