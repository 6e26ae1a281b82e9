// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOConcurrencyHelpers
import NIOCore

/// Sessions that are free: those that cursors had. Asked when a connection is new, not for each operation.
///
/// - Source: the drivers' specification "Driver Sessions".
final class SessionPool: Sendable {
    private struct State {
        var idle: [ServerSession] = []
        /// All that were made and not forgotten, for `endSessions`.
        var known: [BSONDocument] = []
    }

    /// What is over is left to the server's own clock.
    private static let limit = 10_000
    private let state = NIOLockedValueBox(State())

    /// The session that was used last, or a new one.
    func take(at now: NIODeadline, minutes: Int) -> ServerSession {
        state.withLockedValue { state in
            while let session = state.idle.popLast() { if session.use(at: now, minutes: minutes) { return session } }
            let session = ServerSession(at: now)
            if state.known.count < Self.limit { state.known.append(session.document) }
            return session
        }
    }

    func giveBack(_ session: ServerSession) {
        state.withLockedValue { state in if state.idle.count < Self.limit { state.idle.append(session) } }
    }

    /// All of them, for the server to forget; there are none afterwards.
    func removeAll() -> [BSONDocument] {
        state.withLockedValue { state in
            defer { state = State() }
            return state.known
        }
    }
}
