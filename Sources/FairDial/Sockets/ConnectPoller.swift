// SPDX-License-Identifier: Apache-2.0

import CSockets
import NIOConcurrencyHelpers
import NIOCore
import NameResolution
import SystemSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Tells when connecting sockets have connected or failed: one thread per process, alive while it has work.
///
/// NIO polls for its own channels only, and an attempt is no channel until it has won (rule 7). What the thread sees it
/// notes with the time, so a blocked event loop cannot make a connection look late (rule 6).
@available(FairDial 0.1, *)
package final class ConnectPoller: Sendable {
    /// Identifies one `watch`, so that a late report about a descriptor that has been used again is ignored.
    package typealias Token = UInt64

    static let shared = ConnectPoller()

    private struct State: Sendable {
        var queue: ReadinessQueue?
        var isThreadRunning = false
        var nextToken: Token = 1
        var watched: [Token: @Sendable (NIODeadline) -> Void] = [:]
    }

    /// How long the thread stays without work before it leaves; long enough to serve one burst of dials after another.
    private static let idleMilliseconds: CInt = 2_000

    private let state = NIOLockedValueBox(State())

    /// Reports once, on the poller's thread, when the socket can be written to or has failed.
    ///
    /// - Throws: the system's error when there is no poller, or no thread for it, to be had.
    func watch(
        _ descriptor: CInt,
        _ report: @escaping @Sendable (NIODeadline) -> Void
    ) throws(AttemptFailure) -> Token {
        let watched: Result<Token, AttemptFailure> = state.withLockedValue { state in
            let queue = state.queue ?? ReadinessQueue()
            guard queue.descriptor >= 0 else { return .failure(AttemptFailure(errorNumber: errno)) }
            state.queue = queue
            let token = state.nextToken
            guard queue.add(descriptor, token: token, for: .writingOnce) else {
                return .failure(AttemptFailure(errorNumber: errno))
            }
            state.nextToken += 1
            state.watched[token] = report
            if !state.isThreadRunning {
                if let number = startThread() {
                    state.watched[token] = nil
                    queue.remove(descriptor)
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

    /// Whether the report is still to come.
    func isWatching(_ token: Token) -> Bool {
        state.withLockedValue { $0.watched[token] != nil }
    }

    /// Ends a watch; must come before the descriptor is closed or given away.
    func forget(_ token: Token, _ descriptor: CInt) {
        state.withLockedValue { state in
            state.watched[token] = nil
            state.queue?.remove(descriptor)
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
            Unmanaged<ConnectPoller>.fromOpaque($0).takeRetainedValue().poll()
            return nil
        }
    #else
        private static let threadMain: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
            guard let argument = $0 else { return nil }
            Unmanaged<ConnectPoller>.fromOpaque(argument).takeRetainedValue().poll()
            return nil
        }
    #endif

    private func poll() {
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
