// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import NIOConcurrencyHelpers
import NIOCore
import NameResolution

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where a dial that names no loop runs: on one of the caller's group, or of NIO's singleton, once that can be had.
extension Dialer {
    /// - Throws: `unsupportedEventLoop` where no channel can be made on the group's loops.
    func checkGroup(for target: Target) throws(DialError) {
        guard setup.isGroupSupported else { throw Self.unsupported(setup.configuration.group, for: "\(target)") }
    }

    /// A loop, where there is one without waiting.
    var readyLoop: (any EventLoop)? {
        if let group = setup.group { return group.any() }
        return (try? ProcessLoops.group())?.any()
    }

    /// A loop that may have to be waited for: the first dial of a process that is short of descriptors or threads waits
    /// in the queue for them, as every later one does.
    ///
    /// - Throws: `outOfDescriptors`, `outOfThreads`, `cancelled`; `noEventLoop` where the system refuses them.
    func awaitedLoop(for question: DialQuestion) async throws(DialError) -> any EventLoop {
        let queue = question.budgets.queue
        return try await awaitedLoop(for: "\(question.target)", atMost: min(queue, question.deadline ?? queue))
    }

    /// The same, for whatever else is to be done on a loop.
    func awaitedLoop(for target: String, atMost limit: Duration) async throws(DialError) -> any EventLoop {
        if let ready = readyLoop { return ready }
        let wait = LoopsWait(atMost: limit)
        let (lack, waited) = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                wait.begin { continuation.resume(returning: ($0, $1)) }
            }
        } onCancel: {
            wait.cancel()
        }
        var splits = Splits()
        splits.queue = waited
        if wait.isCancelled {
            throw DialError(.cancelled, "called off on the queue clock", target: target, splits: splits)
        }
        guard let lack else { return setup.configuration.group.any() }
        switch lack.kind {
        case .refused: throw DialError(.noEventLoop, lack.reason, target: target, splits: splits)
        case .descriptors:
            let message = "no descriptor was free for \(limit.readable): \(lack.reason)"
            throw DialError(.outOfDescriptors, message, target: target, splits: splits)
        case .threads:
            let message = "no thread was free for \(limit.readable): \(lack.reason)"
            throw DialError(.outOfThreads, message, target: target, splits: splits)
        }
    }
}

/// Asks again and again whether NIO's loops can be had, on a thread of its own: there is no loop to wait on, and the
/// tasks' own timers need a descriptor, too.
private final class LoopsWait: Sendable {
    private let limit: Duration
    private let startedAt = NIODeadline.now()
    private let cancelled = NIOLockedValueBox(false)

    init(atMost limit: Duration) {
        self.limit = limit
    }

    var isCancelled: Bool { cancelled.withLockedValue { $0 } }

    func cancel() {
        cancelled.withLockedValue { $0 = true }
    }

    /// - Parameter end: told what is still missing in the end, and how long that was waited for.
    func begin(_ end: @escaping @Sendable (ProcessLoops.Shortage?, Duration) -> Void) {
        let smallStack = 64 * 1024
        if DetachedThread.start(stackSize: smallStack, { end(self.lackAfterAll, self.waited) }) != nil {
            // Not even a thread to wait on.
            end(lack, waited)
        }
    }

    private var waited: Duration { .nanoseconds((NIODeadline.now() - startedAt).nanoseconds) }

    private var lack: ProcessLoops.Shortage? {
        do throws(ProcessLoops.Shortage) {
            _ = try ProcessLoops.group()
            return nil
        } catch {
            return error
        }
    }

    private var lackAfterAll: ProcessLoops.Shortage? {
        var pause: UInt32 = 5_000
        let longestPause: UInt32 = 100_000
        while true {
            guard let lack else { return nil }
            if lack.kind == .refused || waited >= limit || isCancelled { return lack }
            let left = (limit - waited) / .microseconds(1)
            usleep(min(pause, UInt32(max(1, min(left, Double(longestPause))))))
            pause = min(pause * 2, longestPause)
        }
    }
}
