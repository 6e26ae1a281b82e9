// SPDX-License-Identifier: Apache-2.0

import CSockets
package import IPAddresses
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix
package import NameResolution
import SystemSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Real sockets, and the one thread of the process that tells when those that connect have connected or failed; it is
/// alive while it has work.
///
/// NIO polls for its own channels only, and an attempt is no channel until it has won (rule 7). What the thread sees it
/// notes with the time, so a blocked event loop cannot make a connection look late (rule 6).
@available(FairDial 0.1, *)
package final class KernelConnector: Connector {
    package static let shared = KernelConnector()

    package var waitingRoom: WaitingRoom { .shared }

    private struct State: Sendable {
        var queue: ReadinessQueue?
        var isThreadRunning = false
        var nextToken: AttemptSocket.WatchToken = 1
        var watched: [AttemptSocket.WatchToken: @Sendable (NIODeadline) -> Void] = [:]
    }

    /// How long the thread stays without work before it leaves; long enough to serve one burst of dials after another.
    private static let idleMilliseconds: CInt = 2_000

    private let state = NIOLockedValueBox(State())

    private init() {}

    package func candidates(for addresses: [IPAddress]) -> [DestinationOrder.Candidate] {
        SourceAddresses.candidates(for: addresses)
    }

    package func makeChannel(
        of socket: AttemptSocket,
        over transport: Transport,
        on loop: any EventLoop,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        switch transport {
        case .stream:
            // NIO gives up a connection on which it cannot set TCP_NODELAY, and leaves that out only with this. The
            // option is set here instead, where a filter may refuse it.
            var isOn: Int32 = 1
            let length = socklen_t(MemoryLayout<Int32>.size)
            if socket.address.family != AF_UNIX {
                _ = setsockopt(socket.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, length)
            }
            return ClientBootstrap(group: loop).enableMPTCP(true).channelInitializer(initializer)
                .withConnectedSocket(socket.descriptor)
        case .datagram, .unconnectedDatagram:
            return DatagramBootstrap(group: loop).channelInitializer(initializer).withBoundSocket(socket.descriptor)
        }
    }
}

// MARK: - Watching

@available(FairDial 0.1, *)
extension KernelConnector {
    /// Reports once, on the connector's thread, when the socket can be written to or has failed.
    ///
    /// - Throws: the system's error when there is no queue to poll with, or no thread for it, to be had.
    package func watch(
        _ socket: AttemptSocket,
        _ report: @escaping @Sendable (NIODeadline) -> Void
    ) throws(AttemptFailure) -> AttemptSocket.WatchToken {
        let watched: Result<AttemptSocket.WatchToken, AttemptFailure> = state.withLockedValue { state in
            let queue = state.queue ?? ReadinessQueue()
            guard queue.descriptor >= 0 else { return .failure(AttemptFailure(errorNumber: errno)) }
            state.queue = queue
            let token = state.nextToken
            guard queue.add(socket.descriptor, token: token, for: .writingOnce) else {
                return .failure(AttemptFailure(errorNumber: errno))
            }
            state.nextToken += 1
            state.watched[token] = report
            if !state.isThreadRunning {
                if let number = startThread() {
                    state.watched[token] = nil
                    queue.remove(socket.descriptor)
                    var failure = AttemptFailure(errorNumber: number)
                    failure.kind = .noThread
                    return .failure(failure)
                }
                state.isThreadRunning = true
            }
            return .success(token)
        }
        return try watched.get()
    }

    /// How many attempts are watched: those whose report is still to come.
    var watchedCount: Int { state.withLockedValue { $0.watched.count } }

    package func isWatching(_ token: AttemptSocket.WatchToken) -> Bool {
        state.withLockedValue { $0.watched[token] != nil }
    }

    package func forget(_ token: AttemptSocket.WatchToken, _ socket: AttemptSocket) {
        state.withLockedValue { state in
            state.watched[token] = nil
            state.queue?.remove(socket.descriptor)
        }
    }

    /// - Returns: the error number, when no thread is to be had.
    private func startThread() -> Int32? {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        let argument = Unmanaged.passRetained(self)
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let status = pthread_create(&thread, &attributes, Self.threadMain, argument.toOpaque())
        guard status != 0 else { return nil }
        argument.release()
        return status
    }

    #if canImport(Darwin)
        private static let threadMain: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = {
            Unmanaged<KernelConnector>.fromOpaque($0).takeRetainedValue().serve()
            return nil
        }
    #else
        private static let threadMain: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
            guard let argument = $0 else { return nil }
            Unmanaged<KernelConnector>.fromOpaque(argument).takeRetainedValue().serve()
            return nil
        }
    #endif

    /// What the thread does, until it has had nothing to watch for a while.
    private func serve() {
        var everySignal = sigset_t()
        sigfillset(&everySignal)
        pthread_sigmask(SIG_SETMASK, &everySignal, nil)
        #if os(Linux)
            fairdial_name_thread("fairdial-poll")
        #endif
        guard let queue = state.withLockedValue({ $0.queue }) else { return }
        while true {
            let tokens = queue.wait(milliseconds: Self.idleMilliseconds)
            let now = NIODeadline.now()
            let reports = state.withLockedValue { state -> [@Sendable (NIODeadline) -> Void]? in
                if tokens.isEmpty, state.watched.isEmpty {
                    state.isThreadRunning = false
                    state.queue = nil
                    return nil
                }
                return tokens.compactMap { state.watched.removeValue(forKey: $0) }
            }
            guard let reports else {
                queue.close()
                return
            }
            for report in reports { report(now) }
        }
    }
}
