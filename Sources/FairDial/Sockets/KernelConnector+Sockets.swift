// SPDX-License-Identifier: Apache-2.0

import CSockets
import IPAddresses
import SystemSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The calls to the kernel, one socket at a time.
@available(FairDial 0.1, *)
extension KernelConnector {
    /// Opens a socket, sets what must be set before `connect`, binds it, and connects.
    package func open(_ destination: Destination, with setup: SocketSetup) -> AttemptSocket.Opening {
        let address: SocketAddressBytes
        do {
            address = try SocketAddressBytes(destination)
        } catch {
            if let number = error.errorNumber, AttemptFailure.isShortage(number) { return .shortage }
            return .failed(error)
        }
        let descriptor = Self.nonBlockingSocket(address.family, setup)
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
            close(socket)
            return .shortage
        }
        if let failure = Self.prepare(descriptor, for: destination, setup) {
            close(socket)
            return .failed(failure)
        }
        let progress: AttemptSocket.Progress
        switch address.withPointer({ connect(descriptor, $0, $1) }) == 0 ? 0 : errno {
        case 0, EISCONN: progress = Self.progress(ofConnected: socket)
        // An interrupted connect goes on by itself (POSIX), so it is asked after like a pending one.
        case EINPROGRESS, EINTR: progress = ask(socket)
        case let number: progress = .failed(AttemptFailure(errorNumber: number))
        }
        switch progress {
        case .failed(let failure):
            close(socket)
            guard let number = failure.errorNumber else { return .failed(failure) }
            if AttemptFailure.isShortage(number) { return .shortage }
            if number == EINVAL, let address = destination.endpoint?.address, address.lacksZone {
                let reason = "a link-local address needs its interface, as in \(address)%eth0"
                return .failed(AttemptFailure(errorNumber: number, reason: reason))
            }
            guard number == EAGAIN else { return .failed(failure) }
            // A Unix domain socket whose backlog is full; it must be tried again, not waited for.
            if destination.endpoint == nil { return .failed(.backlogFull) }
            return .failed(AttemptFailure(errorNumber: number, reason: "no port is free to send from"))
        case .connected where setup.transport == .unconnectedDatagram:
            // Connecting has shown that there is a way there; the association is dissolved, and the bound port stays.
            fairdial_dissolve(descriptor)
            return .opened(socket, .connected)
        case .connected, .pending:
            return .opened(socket, progress)
        }
    }

    /// Asks the socket how far it is; a repeated `connect` tells, without waiting (rule 6).
    package func ask(_ socket: AttemptSocket) -> AttemptSocket.Progress {
        // An interrupted one goes on by itself; a call that is interrupted for ever is under a filter or a debugger.
        for _ in 0..<Self.mostInterruptions {
            switch socket.address.withPointer({ connect(socket.descriptor, $0, $1) }) == 0 ? 0 : errno {
            case 0, EISCONN: return Self.progress(ofConnected: socket)
            case EALREADY, EINPROGRESS: return .pending
            case EINTR: continue
            case let number: return .failed(AttemptFailure(errorNumber: number))
            }
        }
        return .failed(AttemptFailure(errorNumber: EINTR))
    }

    private static let mostInterruptions = 100

    package func close(_ socket: AttemptSocket) { Self.close(socket.descriptor) }

    /// Closes a descriptor that has no other owner.
    static func close(_ descriptor: CInt) { Descriptor.giveBack(descriptor) }

    package func hasUnread(_ descriptor: CInt) -> Bool {
        var asked = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&asked, 1, 0) > 0
    }

    package func shutDown(_ descriptor: CInt) {
        // What has no connection any more needs no end.
        _ = shutdown(descriptor, CInt(SHUT_RDWR))
    }

    /// How far a socket is that says it is connected.
    ///
    /// A dial of a local port without a listener may be given that very port to send from, and TCP lets the socket meet
    /// itself (RFC 9293 §3.5, simultaneous initiation).
    private static func progress(ofConnected socket: AttemptSocket) -> AttemptSocket.Progress {
        guard socket.mayMeetItself, SocketAddressBytes.isConnectedToItself(socket.descriptor) else { return .connected }
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

    /// Sets the options of a socket that must be set before `connect`, and binds it.
    private static func prepare(
        _ descriptor: CInt,
        for destination: Destination,
        _ setup: SocketSetup
    ) -> AttemptFailure? {
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
            let status = option.withValue {
                setsockopt(descriptor, option.level, option.name, $0.baseAddress, socklen_t($0.count))
            }
            // Multipath TCP has not all of TCP's options on every kernel, and NIO asks it for none of this one.
            let isSpared = setup.wantsMultipath && option.level == Int32(IPPROTO_TCP) && option.name == TCP_NODELAY
            guard status == 0 || isSpared else {
                return refusal(errno, of: "socket option \(option.level)/\(option.name)")
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
            return refusal(errno, of: "bind to \(local)")
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
