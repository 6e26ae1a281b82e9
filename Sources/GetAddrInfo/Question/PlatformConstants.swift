// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Socket types as the numbers the calls take, the same everywhere; glibc imports them as an enumeration.
@available(FairDial 0.1, *)
enum SocketType {
    static let stream: Int32 = 1
    static let datagram: Int32 = 2
    static let raw: Int32 = 3

    #if canImport(Glibc)
        static let nonBlocking = Int32(SOCK_NONBLOCK.rawValue)
        static let closeOnExec = Int32(SOCK_CLOEXEC.rawValue)
    #elseif canImport(Musl)
        static let nonBlocking = SOCK_NONBLOCK
        static let closeOnExec = SOCK_CLOEXEC
    #endif
}

/// Protocols as the numbers the calls take (IANA's protocol numbers).
@available(FairDial 0.1, *)
enum ProtocolNumber {
    static let tcp: Int32 = 6
    static let udp: Int32 = 17
    static let dccp: Int32 = 33
    static let sctp: Int32 = 132
    static let udpLite: Int32 = 136
}
