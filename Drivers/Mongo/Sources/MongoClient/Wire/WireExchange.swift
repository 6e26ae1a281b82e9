// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// One connection's talk: a request goes out, its answer comes in, then the next one may go.
///
/// ```
/// idle ──ask──▶ waiting ──answer──▶ idle
///   └── any fault, any byte that no request waits for ──▶ over
/// ```
struct WireExchange {
    enum Outcome {
        /// The answer is not there as a whole.
        case incomplete
        case answered(WireReply)
        /// The request has failed, or there was none; the connection must be closed.
        case failed(WireError)
    }

    private enum State {
        case idle
        case waiting(request: Int32)
        case over
    }

    private var state = State.idle
    private var reader = ReplyReader()

    /// Whether a request may go out.
    var isIdle: Bool { if case .idle = state { true } else { false } }
    /// Whether an answer is waited for.
    var isWaiting: Bool { if case .waiting = state { true } else { false } }

    /// A request goes out; false where it may not.
    mutating func ask(_ request: Int32) -> Bool {
        guard case .idle = state else { return false }
        state = .waiting(request: request)
        return true
    }

    mutating func received(_ bytes: inout ByteBuffer) -> Outcome {
        switch state {
        case .over: return .incomplete
        case .idle:
            state = .over
            return .failed(WireError(.unexpectedReply, "a message that nobody has asked for"))
        case .waiting(let request):
            reader.append(&bytes)
            do throws(WireError) {
                guard let reply = try reader.next(to: request) else { return .incomplete }
                guard !reply.hasMoreToCome else {
                    throw WireError(.invalidMessage, "several answers where one was asked for")
                }
                guard !reader.isInMessage else { throw WireError(.unexpectedReply, "bytes behind the answer") }
                state = .idle
                return .answered(reply)
            } catch {
                state = .over
                return .failed(error)
            }
        }
    }

    /// The connection has ended.
    mutating func closed(_ cause: WireError? = nil) -> Outcome {
        switch state {
        case .idle, .over:
            state = .over
            return .incomplete
        case .waiting:
            state = .over
            if let cause { return .failed(cause) }
            return .failed(
                reader.isInMessage
                    ? WireError(.closedInReply, "the server closed the connection in the middle of its answer")
                    : WireError(.closed, "the server closed the connection before it answered")
            )
        }
    }
}
