// SPDX-License-Identifier: Apache-2.0

import CSockets
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A pipe that moves bytes from one socket to another inside the kernel, where they are not copied (splice(2)).
///
/// It is empty before and after each move, so one is enough for everything on one event loop.
@available(FairDial 0.1, *)
final class KernelPipe: Sendable {
    /// How a move has ended.
    enum Move {
        /// The source has no more bytes for now, or has ended: the channel's next read finds out which.
        case dry
        /// The source may have more bytes; other connections on the loop have a turn first.
        case more
        /// The sink takes no more bytes for now. These were read for it already, and the caller must write them.
        case full(ByteBuffer)
        /// The socket that was read is broken.
        case sourceFailed
        /// The socket that was written to is broken; what was read for it is lost, as with any that breaks.
        case sinkFailed
        /// The kernel cannot do this with these sockets, or does not let us.
        case unable
    }

    /// How much is moved at a time, in bytes: what is held for a socket that takes no more is at most this.
    static let chunk = 262_144
    /// How often a move does that before others on the loop have a turn.
    static let chunksPerMove = 4

    /// Where a source's bytes go in.
    private let writeEnd: CInt
    /// Where they come out, for the sink.
    private let readEnd: CInt

    /// `nil` where the system has no splice(2), or gives no pipe: the process may have no descriptors left.
    init?() {
        #if os(Linux)
            // pipe(2) puts the read end first.
            var ends: [CInt] = [-1, -1]
            guard fairdial_open_pipe(&ends, CInt(Self.chunk)) == 0 else { return nil }
            (readEnd, writeEnd) = (ends[0], ends[1])
        #else
            return nil
        #endif
    }

    deinit {
        close(writeEnd)
        close(readEnd)
    }

    /// Moves what is there, without waiting for either socket.
    func move(from source: CInt, to sink: CInt, allocator: ByteBufferAllocator) -> Move {
        #if os(Linux)
            for _ in 0..<Self.chunksPerMove {
                let count = fairdial_splice(source, writeEnd, Self.chunk)
                guard count > 0 else {
                    switch CInt(-count) {
                    case 0, EAGAIN: return .dry
                    case let number where Self.isBroken(number): return .sourceFailed
                    default: return .unable
                    }
                }
                var left = count
                while left > 0 {
                    let sent = fairdial_splice(readEnd, sink, left)
                    if sent > 0 {
                        left -= sent
                        continue
                    }
                    let rest = emptied(left, allocator)
                    // Any other error than a broken sink shows when the caller writes `rest`.
                    return Self.isBroken(CInt(-sent)) ? .sinkFailed : .full(rest)
                }
            }
            return .more
        #else
            return .unable
        #endif
    }

    #if os(Linux)
        /// Whether an error is of the connection, and not of moving: this machine may forbid that, or lack room for it.
        private static func isBroken(_ number: CInt) -> Bool {
            switch number {
            case ECONNRESET, ECONNABORTED, EPIPE, ETIMEDOUT, ENOTCONN, EHOSTUNREACH, ENETUNREACH, ENETDOWN, EBADF: true
            default: false
            }
        }

        /// What is left in the pipe.
        private func emptied(_ count: Int, _ allocator: ByteBufferAllocator) -> ByteBuffer {
            var rest = allocator.buffer(capacity: count)
            while rest.readableBytes < count {
                let room = count - rest.readableBytes
                let read = rest.writeWithUnsafeMutableBytes(minimumWritableBytes: room) {
                    max(0, fairdial_read(readEnd, $0.baseAddress, room))
                }
                // Left behind, they would go out over the next connection.
                precondition(read > 0, "bytes that are in the pipe cannot be read out of it")
            }
            return rest
        }
    #endif
}
