// SPDX-License-Identifier: Apache-2.0

import DNSResolution
import IPAddresses
import NIOCore
import NameResolution

/// Where a dial that names no loop runs: on one of the caller's group, or of NIO's singleton, once that can be had.
@available(FairDial 0.1, *)
extension Dialer {
    /// - Throws: `unsupportedEventLoop` where no channel can be made on the group's loops.
    func checkGroup(for plan: DialPlan) throws(DialError) {
        guard !setup.isGroupSupported else { return }
        let error = Self.unsupported(setup.configuration.group, for: "\(plan.question.target)")
        plan.observation?.failed(error)
        throw error
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
        let queue = question.timeouts.queue
        return try await awaitedLoop(for: "\(question.target)", atMost: min(queue, question.deadline ?? queue))
    }

    /// The same, for whatever else is to be done on a loop.
    func awaitedLoop(for target: String, atMost limit: Duration) async throws(DialError) -> any EventLoop {
        if let ready = readyLoop { return ready }
        let limit = limit.bounded
        let wait = LoopsQueue.Wait(atMost: limit)
        let (lack, waited) = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                wait.begin { continuation.resume(returning: ($0, $1)) }
            }
        } onCancel: {
            wait.cancel()
        }
        var report = DialReport()
        report.queue = waited
        if wait.isCancelled {
            throw DialError(.cancelled, "cancelled during queue", target: target, report: report)
        }
        guard let lack else { return setup.configuration.group.any() }
        switch lack.kind {
        case .refused: throw DialError(.noEventLoop, lack.reason, target: target, report: report)
        case .descriptors:
            let message = "no descriptor was free for \(limit.readable): \(lack.reason)"
            throw DialError(.outOfDescriptors, message, target: target, report: report)
        case .threads:
            let message = "no thread was free for \(limit.readable): \(lack.reason)"
            throw DialError(.outOfThreads, message, target: target, report: report)
        }
    }
}
