// SPDX-License-Identifier: Apache-2.0

public import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOConcurrencyHelpers

extension FairTransport {
    /// How often one call takes another connection because the one it was given takes no calls any more.
    private static let callTries = 8

    /// Opens a stream on the connection that there is, or is next.
    public func withStream<T: Sendable>(
        descriptor: MethodDescriptor,
        options: CallOptions,
        _ closure: (_ stream: RPCStream<Inbound, Outbound>, _ context: ClientContext) async throws -> T
    ) async throws -> T {
        let waitsForReady = options.waitForReady ?? config(forMethod: descriptor)?.waitForReady ?? false
        var last: Int?
        for _ in 0..<Self.callTries {
            let (channel, number) = try await channel(after: last, waitsForReady: waitsForReady)
            var hasBegun = false
            do {
                let wrapped = channel.wrapped
                let result = try await wrapped.withStream(descriptor: descriptor, options: options) { stream, context in
                    hasBegun = true
                    state.withLockedValue { $0.machine.began(on: number) }
                    return try await closure(stream, context)
                }
                state.withLockedValue { $0.machine.proved(number) }
                return result
            } catch let error as RPCError where !hasBegun && Self.meansGone(error) {
                // Nothing of the call has gone out: the next connection may have it.
                retire(number)
                last = number
            }
        }
        throw RPCError(code: .unavailable, message: "\(target): \(Self.callTries) connections in a row took no calls")
    }

    /// What a wrapped channel says of itself that has closed or is to.
    private static func meansGone(_ error: RPCError) -> Bool {
        error.code == .unavailable || error.code == .failedPrecondition
    }

    private func channel(after last: Int?, waitsForReady: Bool) async throws -> (DialedChannel, Int) {
        let id = state.withLockedValue { state in
            state.nextID += 1
            return state.nextID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { promise in
                let place = state.withLockedValue { state in
                    let place = state.machine.place(after: last, waitsForReady: waitsForReady)
                    if case .wait = place {
                        state.machine.enqueue(.init(id: id, waitsForReady: waitsForReady, promise: promise))
                    }
                    return place
                }
                switch place {
                case .connection(let channel, let number): promise.resume(returning: (channel, number))
                case .fail(let error): promise.resume(throwing: error)
                // It may have been cancelled before it was there to be called off.
                case .wait: if Task.isCancelled { callOff(id) }
                }
            }
        } onCancel: {
            callOff(id)
        }
    }

    private func callOff(_ id: UInt64) {
        state.withLockedValue { $0.machine.dequeue(id) }?.promise.resume(throwing: CancellationError())
    }
}
