// SPDX-License-Identifier: Apache-2.0

import Dispatch
import NIOConcurrencyHelpers

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A target on 127.0.0.1 that sends without an end, by plain calls on threads of its own: an event loop may find a
/// reset by a write, and tell of none, and one that always has something to write comes to nothing else.
final class Spout: Sendable {
    private struct State: Sendable {
        var isReset = false
        var open = 0
        var errors: [CInt] = []
    }

    let port: Int
    private let listener: CInt
    private let state = NIOLockedValueBox(State())

    init() throws {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isListening else {
            let number = errno
            close(descriptor)
            throw Peer.Failure(call: "listen", number: number)
        }
        listener = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit {
        close(listener)
    }

    /// How many connections have not ended.
    var open: Int { state.withLockedValue { $0.open } }

    /// What the kernel has said to those whose sending failed. A reset is `ECONNRESET`; one behind an end is `EPIPE`.
    var errors: [CInt] { state.withLockedValue { $0.errors } }

    /// Takes the next one who connects, and sends to it until that fails, or until `reset`.
    func serveNext() {
        state.withLockedValue { $0.open += 1 }
        DispatchQueue.global().async { [self] in
            var ready = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            // For a minute at most, as a peer.
            let descriptor = poll(&ready, 1, 60_000) > 0 ? accept(listener, nil, nil) : -1
            let number = descriptor < 0 ? errno : pour(into: descriptor)
            if descriptor >= 0 { close(descriptor) }
            state.withLockedValue { state in
                state.open -= 1
                if number != 0 { state.errors.append(number) }
            }
        }
    }

    /// Ends all of them by a reset.
    func reset() {
        state.withLockedValue { $0.isReset = true }
    }

    /// - Returns: why it cannot send any more; zero where it is to send no more.
    private func pour(into descriptor: CInt) -> CInt {
        let bytes = [UInt8](repeating: 0x61, count: 65_536)
        while !state.withLockedValue({ $0.isReset }) {
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&ready, 1, 1) > 0 else { continue }
            if send(descriptor, bytes, bytes.count, Self.flags) < 0, errno != EAGAIN { return errno }
        }
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        return 0
    }

    #if canImport(Darwin)
        // There the test's process ignores the signal, as SwiftNIO has it.
        private static let flags = CInt(MSG_DONTWAIT)
    #else
        private static let flags = CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL)
    #endif
}
