// SPDX-License-Identifier: Apache-2.0

import DequeModule
import NIOConcurrencyHelpers
import NIOCore

/// Connections that have been accepted and not taken, and the tasks that wait for one.
@available(FairDial 0.1, *)
final class AcceptQueue<Output: Sendable>: Sendable {
    private struct Accepted: Sendable {
        let output: Output
        let channel: any Channel

        /// Closes it. What was made of the channel lives until it has closed: NIO traps where a writer goes sooner.
        func discard() {
            channel.closeFuture.whenComplete { [output] _ in _ = output }
            channel.close(promise: nil)
        }
    }

    private struct State: Sendable {
        var ready: Deque<Accepted> = []
        var waiting: Deque<(id: UInt64, continuation: CheckedContinuation<Output?, Never>)> = []
        var nextID: UInt64 = 0
        var isOver = false
        /// Listening sockets that accept nothing for now.
        var paused: [ObjectIdentifier: any Channel] = [:]
    }

    private let state = NIOLockedValueBox(State())

    /// When this many connections wait to be taken, accepting pauses; at half as many it goes on.
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// How many wait to be taken.
    var readyCount: Int { state.withLockedValue { $0.ready.count } }

    /// Whether a listening socket accepts nothing for now.
    var isPaused: Bool { state.withLockedValue { !$0.paused.isEmpty } }

    deinit {
        for accepted in state.withLockedValue({ $0.ready }) { accepted.discard() }
    }

    /// A connection has been accepted; on its loop.
    func add(_ output: Output, _ channel: any Channel) {
        let accepted = Accepted(output: output, channel: channel)
        // The pipeline may use what the initializer made until the channel has closed, also where the caller drops it
        // (rule 7).
        channel.closeFuture.whenComplete { _ in withExtendedLifetime(output) {} }
        var waiter: CheckedContinuation<Output?, Never>?
        var mustPause = false
        let isTaken = state.withLockedValue { state in
            guard !state.isOver else { return false }
            if let first = state.waiting.popFirst() {
                waiter = first.continuation
                return true
            }
            state.ready.append(accepted)
            if state.ready.count >= limit, let server = channel.parent {
                mustPause = state.paused.updateValue(server, forKey: ObjectIdentifier(server)) == nil
            }
            return true
        }
        waiter?.resume(returning: output)
        if mustPause, let server = channel.parent { adjust(server) }
        if !isTaken { accepted.discard() }
    }

    /// The next connection; `nil` when there will be no more, or the task is cancelled.
    func next() async -> Output? {
        let id = state.withLockedValue { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                var resumed: [any Channel] = []
                let taken: Output?? = state.withLockedValue { state in
                    if Task.isCancelled { return .some(nil) }
                    if let first = state.ready.popFirst() {
                        if state.ready.count == limit / 2 {
                            resumed = Array(state.paused.values)
                            state.paused = [:]
                        }
                        return first.output
                    }
                    if state.isOver { return .some(nil) }
                    state.waiting.append((id, continuation))
                    return nil
                }
                for server in resumed { adjust(server) }
                if let taken { continuation.resume(returning: taken) }
            }
        } onCancel: {
            let waiter = state.withLockedValue { state in
                let index = state.waiting.firstIndex { $0.id == id }
                return index.map { state.waiting.remove(at: $0).continuation }
            }
            waiter?.resume(returning: nil)
        }
    }

    /// Says that no more connections will come: tasks that wait get `nil`. Connections that were accepted can still be
    /// taken.
    func finish() {
        let waiting = state.withLockedValue { state in
            state.isOver = true
            state.paused = [:]
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.continuation.resume(returning: nil) }
    }

    /// Says that no more connections will come, and discards all that were accepted and not taken.
    func end() {
        finish()
        let ready = state.withLockedValue { state in
            defer { state.ready = [] }
            return state.ready
        }
        for accepted in ready { accepted.discard() }
    }

    /// Has a listening socket accept, or not, as is wanted when its loop comes to it: orders may overtake each other.
    private func adjust(_ server: any Channel) {
        server.eventLoop.execute {
            let isPaused = self.state.withLockedValue { $0.paused[ObjectIdentifier(server)] != nil }
            // A listener that has been closed meanwhile accepts nothing in any case.
            try? server.syncOptions?.setOption(.autoRead, value: !isPaused)
        }
    }
}
