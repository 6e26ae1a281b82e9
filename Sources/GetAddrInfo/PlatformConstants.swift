// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Socket types as the numbers the calls take; glibc imports them as an enumeration.
enum SocketType {
    #if canImport(Glibc)
        static let stream = Int32(SOCK_STREAM.rawValue)
        static let datagram = Int32(SOCK_DGRAM.rawValue)
        static let raw = Int32(SOCK_RAW.rawValue)
        static let sequencedPackets = Int32(SOCK_SEQPACKET.rawValue)
    #else
        static let stream = SOCK_STREAM
        static let datagram = SOCK_DGRAM
        static let raw = SOCK_RAW
        static let sequencedPackets = SOCK_SEQPACKET
    #endif
}

/// Protocols as the numbers the calls take (IANA's protocol numbers).
enum ProtocolNumber {
    static let tcp: Int32 = 6
    static let udp: Int32 = 17
    static let dccp: Int32 = 33
    static let sctp: Int32 = 132
    static let udpLite: Int32 = 136
}
