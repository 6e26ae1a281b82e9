// SPDX-License-Identifier: Apache-2.0

import FairDial
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOConcurrencyHelpers
import NIOCore

extension FairTransport {
    /// Dials, and dials again, until it is shut down and every call has ended, or its task is cancelled.
    public func connect() async throws {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                while !state.withLockedValue({ $0.machine.isClosed }) {
                    await pause()
                    guard let (number, run) = await dial() else { continue }
                    // Cancelling the group does not reach it: `cancel` does.
                    group.addTask { await run.value }
                    await untilRetired(number)
                }
            }
        } onCancel: {
            cancel()
        }
    }

    /// Waits as long as the failures so far demand, and does not where it is shut down.
    private func pause() async {
        let failures = state.withLockedValue { $0.machine.failuresInARow }
        let wait = backoff.wait(after: failures, random: .random(in: -1...1))
        guard wait > .zero else { return }
        // An end of the wait before its time is a shutdown.
        let task = Task<Void, Never> { try? await Task.sleep(for: wait) }
        hold(task)
        await task.value
    }

    private func dial() async -> (number: Int, run: Task<Void, Never>)? {
        let number = state.withLockedValue { $0.machine.dials() }
        let made = NIOLockedValueBox<Result<DialedChannel, any Error>?>(nil)
        let task = Task<Void, Never> {
            do {
                let channel = try await self.connection(number)
                made.withLockedValue { $0 = .success(channel) }
            } catch {
                made.withLockedValue { $0 = .failure(error) }
            }
        }
        hold(task)
        await task.value
        switch made.withLockedValue({ $0 }) {
        case .success(let channel): return await arrived(channel, number)
        case .failure(let error): failed(error)
        case nil: break
        }
        return nil
    }

    private func arrived(_ channel: DialedChannel, _ number: Int) async -> (number: Int, run: Task<Void, Never>)? {
        let (arrival, run) = state.withLockedValue { state in
            let arrival = state.machine.connected(channel, at: now)
            guard case .taken = arrival else { return (arrival, Task<Void, Never>?.none) }
            // Here, so that there is no connection that a shutdown does not find.
            let run = Task<Void, Never> {
                // Its errors are its calls'.
                try? await channel.wrapped.connect()
                self.closed(number)
            }
            state.live[number] = Live(channel: channel, run: run)
            return (arrival, run)
        }
        switch arrival {
        case .taken(let waiters):
            for waiter in waiters { waiter.promise.resume(returning: (channel, number)) }
            return run.map { (number, $0) }
        case .gone(let told, let error):
            for waiter in told { waiter.promise.resume(throwing: error) }
        case .unwanted: break
        }
        // It takes no calls, so it ends at once.
        let end = Task { try? await channel.wrapped.connect() }
        end.cancel()
        await end.value
        return nil
    }

    private func connection(_ number: Int) async throws -> DialedChannel {
        let (dialer, target, prepare) = (dialer, target, prepare)
        let watching = NIOLockedValueBox<NIOLoopBound<ConnectionWatch>?>(nil)
        var options = options
        options.holdsReads = false
        options.readiness = .when { channel in
            watching.withLockedValue { $0 }?.value.ready
                ?? channel.eventLoop.makeFailedFuture(ChannelError.inappropriateOperationForState)
        }
        var configuration = configuration
        let onStream = configuration.channelDebuggingCallbacks.onCreateHTTP2Stream
        configuration.channelDebuggingCallbacks.onCreateHTTP2Stream = { stream in
            // It has been told, or has closed, after the call took the connection: so the call takes the next one.
            // HTTP/2 makes a stream of a closed connection too, which waits for ever for the connection to be active.
            if watching.withLockedValue({ $0 })?.value.isGoingAway ?? true || stream.parent?.isActive != true {
                return stream.eventLoop.makeFailedFuture(ChannelError.inappropriateOperationForState)
            }
            do {
                try stream.pipeline.syncOperations.addHandler(StreamStart(), position: .first)
            } catch {
                return stream.eventLoop.makeFailedFuture(error)
            }
            return onStream?(stream) ?? stream.eventLoop.makeSucceededVoidFuture()
        }
        let (wrapping, dialing, serviceConfig) = (configuration, options, serviceConfig)
        let wrapped = try await Wrapped.wrapping(config: wrapping, serviceConfig: serviceConfig) { configure in
            let connection = try await dialer.connect(to: target, options: dialing) { channel in
                try prepare(channel)
                return configure(channel).flatMapThrowing { configured in
                    let watch = ConnectionWatch(on: channel.eventLoop) { [weak self] in
                        self?.retire(number, isDraining: true)
                    }
                    try watch.join(channel)
                    watching.withLockedValue { $0 = NIOLoopBound(watch, eventLoop: channel.eventLoop) }
                    return configured
                }
            }
            return connection.output
        }
        guard let watch = watching.withLockedValue({ $0 }) else {
            throw RPCError(code: .internalError, message: "\(target): the connection has no watch")
        }
        return DialedChannel(wrapped: wrapped, watch: watch)
    }

    private func failed(_ error: any Error) {
        let dialError = error as? DialError
        let rpcError =
            dialError.map { RPCError($0) }
            ?? RPCError(code: .unavailable, message: "\(target) cannot be reached", cause: error)
        let told = state.withLockedValue { state in
            // That the dial was called off is no news of the target.
            if let dialError, dialError.code != .cancelled { state.lastError = dialError }
            return state.machine.failed(rpcError)
        }
        for waiter in told { waiter.promise.resume(throwing: rpcError) }
    }

    private func closed(_ number: Int) {
        retire(number)
        state.withLockedValue { _ = $0.live.removeValue(forKey: number) }
    }

    /// Takes a connection away from new calls; those on it may end.
    ///
    /// - Parameter isDraining: whether its server asks for it.
    func retire(_ number: Int, isDraining: Bool = false) {
        let (retirement, live, wake) = state.withLockedValue { state in
            guard let retirement = state.machine.retired(number, isDraining: isDraining, at: now) else {
                return (
                    TransportState<DialedChannel>.Retirement?.none, Live?.none, CheckedContinuation<Void, Never>?.none
                )
            }
            defer { state.retirement = nil }
            return (retirement, state.live[number], state.retirement)
        }
        guard let retirement else { return }
        for waiter in retirement.told { waiter.promise.resume(throwing: retirement.error) }
        live?.channel.drain()
        wake?.resume()
    }

    private func untilRetired(_ number: Int) async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLockedValue { state in
                guard state.machine.isCurrent(number) else { return true }
                state.retirement = continuation
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// Makes a wait one that a shutdown ends.
    private func hold(_ task: Task<Void, Never>) {
        let isClosed = state.withLockedValue { state in
            state.work = task
            return state.machine.isClosed
        }
        if isClosed { task.cancel() }
    }

    /// No new calls: those that wait for a connection fail, a dial is cancelled, and calls under way may end.
    public func beginGracefulShutdown() {
        for live in close() { live.channel.drain() }
    }

    /// No calls any more.
    private func cancel() {
        for live in close() { live.run.cancel() }
    }

    /// - Returns: the connections that there still are.
    private func close() -> [Live] {
        let (waiters, live, work, wake) = state.withLockedValue { state in
            defer { state.retirement = nil }
            return (state.machine.close(), Array(state.live.values), state.work, state.retirement)
        }
        let error = RPCError(code: .unavailable, message: "the transport is closed")
        for waiter in waiters { waiter.promise.resume(throwing: error) }
        work?.cancel()
        wake?.resume()
        return live
    }
}
