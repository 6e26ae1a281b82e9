// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the kernel knows of a connection's bytes and no event tells: whether some wait to be read, and how many have
/// moved. A slow reader may take for minutes what was written long ago.
@available(FairDial 0.1, *)
enum MovedBytes {
    /// Where Linux has the numbers in its `tcp_info` (since 4.1), in bytes; the C library's own has no names for them.
    private static let acknowledged = 120
    private static let received = 128
    private static let length = 136

    /// Whether bytes, or an end, wait to be read.
    static func isUnread(on descriptor: CInt) -> Bool {
        var asked = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&asked, 1, 0) > 0
    }

    /// What the connection has received and what its peer has taken, in bytes; zero where the kernel does not say, such
    /// as for a Unix domain socket.
    static func count(on descriptor: CInt) -> UInt64 {
        #if os(Linux)
            withUnsafeTemporaryAllocation(byteCount: length, alignment: 8) { info in
                var size = socklen_t(length)
                guard getsockopt(descriptor, CInt(IPPROTO_TCP), TCP_INFO, info.baseAddress, &size) == 0, size >= length
                else { return 0 }
                return info.loadUnaligned(fromByteOffset: acknowledged, as: UInt64.self)
                    &+ info.loadUnaligned(fromByteOffset: received, as: UInt64.self)
            }
        #else
            return 0
        #endif
    }
}
