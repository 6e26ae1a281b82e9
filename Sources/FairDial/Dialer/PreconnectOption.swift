// SPDX-License-Identifier: Apache-2.0

// <netinet/in.h> belongs to whichever module the compiler reads first.
import CSockets

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A socket option that is set before `connect`, on every attempt.
@available(FairDial 0.1, *)
public struct PreconnectOption: Hashable, Sendable {
    /// The option's level: `SOL_SOCKET`, `IPPROTO_TCP`, …
    package let level: Int32

    /// The option's name: `SO_RCVBUF`, `TCP_FASTOPEN_CONNECT`, …
    package let name: Int32

    /// The value's bytes, as `setsockopt` takes them.
    package let value: [UInt8]

    /// An option with any value: `setsockopt(2)`.
    public init(level: Int32, name: Int32, value: [UInt8]) {
        self.level = level
        self.name = name
        self.value = value
    }

    /// An option with a whole number for its value.
    public init(level: Int32, name: Int32, value: Int32) {
        self.init(level: level, name: name, value: withUnsafeBytes(of: value) { Array($0) })
    }

    /// The receive buffer, in bytes; it bounds the TCP window, so it must be set before `connect`.
    public static func receiveBuffer(_ bytes: Int32) -> PreconnectOption {
        PreconnectOption(level: SOL_SOCKET, name: SO_RCVBUF, value: bytes)
    }

    /// The send buffer, in bytes.
    public static func sendBuffer(_ bytes: Int32) -> PreconnectOption {
        PreconnectOption(level: SOL_SOCKET, name: SO_SNDBUF, value: bytes)
    }

    /// Whether small segments go out at once (`TCP_NODELAY`).
    public static func noDelay(_ isOn: Bool = true) -> PreconnectOption {
        PreconnectOption(level: Int32(IPPROTO_TCP), name: TCP_NODELAY, value: isOn ? 1 : 0)
    }

    /// Whether the kernel probes an idle connection (`SO_KEEPALIVE`).
    public static func keepAlive(_ isOn: Bool = true) -> PreconnectOption {
        PreconnectOption(level: SOL_SOCKET, name: SO_KEEPALIVE, value: isOn ? 1 : 0)
    }
}
