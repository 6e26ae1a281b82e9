// SPDX-License-Identifier: Apache-2.0

import CSockets
package import ConnectionRacing
import IPAddresses

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The bare, non-blocking socket of one attempt, before it is a channel.
///
/// Its holder closes it, by `close()` or by handing `descriptor` to an owner.
@available(FairDial 0.1, *)
package struct AttemptSocket: Sendable {
    /// The state of an attempt.
    package enum Progress: Hashable, Sendable {
        case connected
        case pending
        case failed(AttemptFailure)
    }

    /// How opening a socket ended.
    package enum Opening: Sendable {
        case opened(AttemptSocket, Progress)
        case failed(AttemptFailure)
        /// The machine has no descriptor left.
        case shortage
    }

    package let descriptor: CInt
    private let address: SocketAddressBytes
    /// Whether the socket may be given its destination's own port to send from.
    private let mayMeetItself: Bool

    /// A socket by its descriptor; a script's may be any number.
    package init(descriptor: CInt, to destination: Destination) throws(AttemptFailure) {
        self.init(descriptor: descriptor, address: try SocketAddressBytes(destination), mayMeetItself: false)
    }

    private init(descriptor: CInt, address: SocketAddressBytes, mayMeetItself: Bool) {
        self.descriptor = descriptor
        self.address = address
        self.mayMeetItself = mayMeetItself
    }

    /// Opens a socket, sets what must be set before `connect`, binds it, and connects.
    static func open(to destination: Destination, with setup: SocketSetup) -> Opening {
        let address: SocketAddressBytes
        do {
            address = try SocketAddressBytes(destination)
        } catch {
            if let number = error.errorNumber, AttemptFailure.isShortage(number) { return .shortage }
            return .failed(error)
        }
        let descriptor = nonBlockingSocket(address.family, setup)
        guard descriptor >= 0 else {
            let number = errno
            return AttemptFailure.isShortage(number) ? .shortage : .failed(AttemptFailure(errorNumber: number))
        }
        let socket = AttemptSocket(
            descriptor: descriptor,
            address: address,
            mayMeetItself: setup.mayMeetItself(at: destination)
        )
        if DescriptorReserve.isNear(descriptor), DescriptorReserve.isTouched(by: descriptor) {
            socket.close()
            return .shortage
        }
        if let failure = socket.prepare(for: destination, setup) {
            socket.close()
            return .failed(failure)
        }
        let progress = socket.begin()
        switch progress {
        case .failed(let failure):
            socket.close()
            guard let number = failure.errorNumber else { return .failed(failure) }
            if AttemptFailure.isShortage(number) { return .shortage }
            if number == EINVAL, let address = destination.endpoint?.address, address.lacksZone {
                let reason = "a link-local address needs its interface, as in \(address)%eth0"
                return .failed(AttemptFailure(errorNumber: number, reason: reason))
            }
            guard number == EAGAIN else { return .failed(failure) }
            if destination.endpoint == nil { return .failed(.backlogFull) }
            return .failed(AttemptFailure(errorNumber: number, reason: "no port is free to send from"))
        case .connected where setup.transport == .unconnectedDatagram:
            // Connecting has shown that there is a way there; now the association is dissolved again.
            socket.dissolve()
            return .opened(socket, .connected)
        case .connected, .pending:
            return .opened(socket, progress)
        }
    }

    /// Asks the socket how far it is; a repeated `connect` tells, without waiting (rule 6).
    func ask() -> Progress {
        // An interrupted one goes on by itself; a call that is interrupted for ever is under a filter or a debugger.
        for _ in 0..<Self.mostInterruptions {
            if address.withPointer({ connect(descriptor, $0, $1) }) == 0 { return connected }
            switch errno {
            case EISCONN: return connected
            case EALREADY, EINPROGRESS: return .pending
            case EINTR: continue
            case let number: return .failed(AttemptFailure(errorNumber: number))
            }
        }
        return .failed(AttemptFailure(errorNumber: EINTR))
    }

    private static let mostInterruptions = 100

    func close() { Self.close(descriptor) }

    /// Closes a descriptor that has no other owner.
    static func close(_ descriptor: CInt) {
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
            _ = Musl.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
    }

    /// Has small segments go out at once, where that is possible.
    func setNoDelay() {
        var isOn: Int32 = 1
        let length = socklen_t(MemoryLayout<Int32>.size)
        if address.family != AF_UNIX { _ = setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, length) }
    }

    /// Whether there are bytes to read, an error, or the end.
    static func hasUnread(_ descriptor: CInt) -> Bool {
        var asked = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&asked, 1, 0) > 0
    }

    /// Ends the connection in both directions, and keeps the descriptor.
    static func shutDown(_ descriptor: CInt) {
        // What has no connection any more needs no end.
        _ = shutdown(descriptor, CInt(SHUT_RDWR))
    }

    /// How far a socket is that says it is connected.
    ///
    /// A dial of a local port without a listener may be given that very port to send from, and TCP lets the socket meet
    /// itself (RFC 9293 §3.5, simultaneous initiation).
    private var connected: Progress {
        guard mayMeetItself, SocketAddressBytes.isConnectedToItself(descriptor) else { return .connected }
        return .failed(
            AttemptFailure(errorNumber: ECONNREFUSED, reason: "connection refused (TCP self-connect)")
        )
    }

    private static func nonBlockingSocket(_ family: Int32, _ setup: SocketSetup) -> CInt {
        let isStream = setup.transport == .stream
        #if os(Linux)
            let type =
                Int32(isStream ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue)
                | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            if setup.wantsMultipath, isStream, family != AF_UNIX {
                let descriptor = socket(family, type, LinuxSockets.multipathTCP)
                // A kernel without it, or with it switched off, says one of these; then plain TCP has to do.
                if descriptor >= 0 || ![EPROTONOSUPPORT, ENOPROTOOPT, EINVAL].contains(errno) { return descriptor }
            }
            return socket(family, type, 0)
        #else
            let descriptor = socket(family, isStream ? SOCK_STREAM : SOCK_DGRAM, 0)
            if descriptor >= 0 {
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
            }
            return descriptor
        #endif
    }

    private func prepare(for destination: Destination, _ setup: SocketSetup) -> AttemptFailure? {
        #if os(Linux)
            if setup.wantsFastOpen, setup.transport == .stream, destination.endpoint != nil {
                var isOn: Int32 = 1
                // A kernel that does not have it makes a plain handshake, and so do we.
                _ = setsockopt(
                    descriptor,
                    Int32(IPPROTO_TCP),
                    LinuxSockets.fastOpenConnect,
                    &isOn,
                    socklen_t(MemoryLayout<Int32>.size)
                )
            }
        #endif
        for option in setup.options {
            // Clients set TCP_NODELAY on whatever they dial; a Unix socket has nothing of TCP.
            if destination.endpoint == nil, option.level == Int32(IPPROTO_TCP) { continue }
            let status = option.value.withUnsafeBytes {
                setsockopt(descriptor, option.level, option.name, $0.baseAddress, socklen_t($0.count))
            }
            guard status == 0 else {
                return Self.refusal(errno, of: "socket option \(option.level)/\(option.name)")
            }
        }
        guard let local = setup.localEndpoint(for: destination) else { return nil }
        #if os(Linux)
            if local.port == 0, setup.transport == .stream {
                var isOn: Int32 = 1
                // The port is chosen when it is known where to: so one serves for many peers. An old kernel chooses it
                // at once.
                _ = setsockopt(
                    descriptor,
                    Int32(IPPROTO_IP),
                    LinuxSockets.bindAddressNoPort,
                    &isOn,
                    socklen_t(MemoryLayout<Int32>.size)
                )
            }
        #endif
        do {
            let bound = try SocketAddressBytes(local)
            if bound.withPointer({ bind(descriptor, $0, $1) }) == 0 { return nil }
            return Self.refusal(errno, of: "bind to \(local)")
        } catch {
            return error
        }
    }

    /// What the system says of an option; a port that is taken may be free the next time, and is no option's fault.
    private static func refusal(_ number: Int32, of option: String) -> AttemptFailure {
        var failure = AttemptFailure(reason: "\(option): \(AttemptFailure.text(of: number))")
        failure.errorNumber = number
        switch number {
        case EADDRINUSE, EMFILE, ENFILE, ENOBUFS, ENOMEM: break
        default: failure.kind = .refusedOption
        }
        return failure
    }

    private func begin() -> Progress {
        if address.withPointer({ connect(descriptor, $0, $1) }) == 0 { return connected }
        switch errno {
        case EISCONN: return connected
        // An interrupted connect goes on by itself (POSIX), so it is asked after like a pending one.
        case EINPROGRESS, EINTR: return ask()
        // A Unix domain socket whose backlog is full; it must be tried again, not waited for.
        case let number: return .failed(AttemptFailure(errorNumber: number))
        }
    }

    /// Ends a UDP association; the port that the socket is bound to stays.
    private func dissolve() {
        fairdial_dissolve(descriptor)
    }
}

#if os(Linux)
    /// Numbers of the kernel's that the C library's module does not show.
    private enum LinuxSockets {
        /// `IPPROTO_MPTCP`.
        static let multipathTCP: Int32 = 262
        /// `TCP_FASTOPEN_CONNECT`: `connect` returns at once where a cookie is known, and the first write sends the
        /// SYN.
        static let fastOpenConnect: Int32 = 30
        /// `IP_BIND_ADDRESS_NO_PORT`: `bind` to port 0 leaves the port to `connect`; for both families.
        static let bindAddressNoPort: Int32 = 24
    }
#endif
