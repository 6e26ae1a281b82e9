// SPDX-License-Identifier: Apache-2.0

import DNSResolution
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

/// Asks again and again whether NIO's loops can be had, for all dials that wait for them, on one thread: there is no
/// loop to wait on, and the tasks' own timers need a descriptor, too.
@available(FairDial 0.1, *)
final class LoopsQueue: Sendable {
    /// One dial's wait.
    final class Wait: Sendable {
        private struct State: Sendable {
            var isCancelled = false
            var end: (@Sendable (ProcessLoops.Shortage?, Duration) -> Void)?
        }

        fileprivate let limit: Duration
        private let startedAt = NIODeadline.now()
        private let state = NIOLockedValueBox(State())

        init(atMost limit: Duration) {
            self.limit = limit
        }

        var isCancelled: Bool { state.withLockedValue { $0.isCancelled } }

        fileprivate var waited: Duration { .nanoseconds((NIODeadline.now() - startedAt).nanoseconds) }

        /// Whether no dial waits for this one any more.
        fileprivate var isOver: Bool { state.withLockedValue { $0.end == nil } }

        /// - Parameter end: told, once, what is still missing in the end, and how long that was waited for.
        func begin(_ end: @escaping @Sendable (ProcessLoops.Shortage?, Duration) -> Void) {
            state.withLockedValue { $0.end = end }
            if isCancelled { finish(nil) } else { LoopsQueue.shared.join(self) }
        }

        func cancel() {
            state.withLockedValue { $0.isCancelled = true }
            finish(nil)
        }

        fileprivate func finish(_ lack: ProcessLoops.Shortage?) {
            let end = state.withLockedValue { state in
                defer { state.end = nil }
                return state.end
            }
            end?(lack, waited)
        }
    }

    private struct State: Sendable {
        var waits: [Wait] = []
        var hasThread = false
    }

    private static let smallStack = 64 * 1_024
    private static let shortestPause = Duration.milliseconds(5)
    private static let longestPause = Duration.milliseconds(100)

    private static let shared = LoopsQueue()

    private let state = NIOLockedValueBox(State())

    private func join(_ wait: Wait) {
        let mustStart = state.withLockedValue { state in
            state.waits.append(wait)
            defer { state.hasThread = true }
            return !state.hasThread
        }
        guard mustStart, DetachedThread.start(stackSize: Self.smallStack, { self.run() }) != nil else { return }
        // There is not even a thread to wait on.
        let waits = state.withLockedValue { state in
            defer { state = State() }
            return state.waits
        }
        let lack = Self.lack
        for wait in waits { wait.finish(lack) }
    }

    private static var lack: ProcessLoops.Shortage? {
        do throws(ProcessLoops.Shortage) {
            _ = try ProcessLoops.group()
            return nil
        } catch {
            return error
        }
    }

    private func run() {
        var pause = Self.shortestPause
        while true {
            let lack = Self.lack
            let (over, left) = sort(lack)
            for wait in over { wait.finish(lack) }
            guard let left else { return }
            let sleep = min(pause, max(left, .microseconds(1)))
            usleep(UInt32(sleep / .microseconds(1)))
            pause = min(pause * 2, Self.longestPause)
        }
    }

    /// - Returns: whose wait is over, and how long the shortest of the others may last; `nil` where there are none, and
    ///   the thread ends.
    private func sort(_ lack: ProcessLoops.Shortage?) -> (over: [Wait], left: Duration?) {
        state.withLockedValue { state in
            guard let lack, lack.kind != .refused else {
                defer { state = State() }
                return (state.waits, nil)
            }
            var over: [Wait] = []
            var left: Duration?
            state.waits.removeAll { wait in
                if wait.isOver { return true }
                let rest = wait.limit - wait.waited
                guard rest > .zero else {
                    over.append(wait)
                    return true
                }
                left = left.map { min($0, rest) } ?? rest
                return false
            }
            if left == nil { state.hasThread = false }
            return (over, left)
        }
    }
}
