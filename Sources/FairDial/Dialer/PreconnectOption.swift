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
@nonexhaustive
public enum PreconnectOption: Hashable, Sendable {
    /// The receive buffer, in bytes (`SO_RCVBUF`); it bounds the TCP window, so it must be set before `connect`.
    case receiveBuffer(Int32)
    /// The send buffer, in bytes (`SO_SNDBUF`).
    case sendBuffer(Int32)
    /// Whether small segments go out at once (`TCP_NODELAY`).
    case noDelay(Bool = true)
    /// Whether the kernel probes an idle connection (`SO_KEEPALIVE`).
    case keepAlive(Bool = true)
    /// Any option of `setsockopt(2)` with a whole number for its value: its level, such as `SOL_SOCKET`, and its name,
    /// such as `SO_MARK`.
    case number(level: Int32, name: Int32, value: Int32)
    /// Any option of `setsockopt(2)` with other bytes for its value.
    case bytes(level: Int32, name: Int32, value: [UInt8])
}

@available(FairDial 0.1, *)
extension PreconnectOption {
    /// The option's level: `SOL_SOCKET`, `IPPROTO_TCP`, …
    package var level: Int32 {
        switch self {
        case .receiveBuffer, .sendBuffer, .keepAlive: SOL_SOCKET
        case .noDelay: Int32(IPPROTO_TCP)
        case .number(let level, _, _), .bytes(let level, _, _): level
        }
    }

    /// The option's name: `SO_RCVBUF`, `TCP_FASTOPEN_CONNECT`, …
    package var name: Int32 {
        switch self {
        case .receiveBuffer: SO_RCVBUF
        case .sendBuffer: SO_SNDBUF
        case .noDelay: TCP_NODELAY
        case .keepAlive: SO_KEEPALIVE
        case .number(_, let name, _), .bytes(_, let name, _): name
        }
    }

    /// The value's bytes, as `setsockopt` takes them.
    func withValue<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        switch self {
        case .receiveBuffer(let number), .sendBuffer(let number), .number(_, _, let number):
            withUnsafeBytes(of: number, body)
        case .noDelay(let isOn), .keepAlive(let isOn): withUnsafeBytes(of: Int32(isOn ? 1 : 0), body)
        case .bytes(_, _, let bytes): bytes.withUnsafeBytes(body)
        }
    }
}
