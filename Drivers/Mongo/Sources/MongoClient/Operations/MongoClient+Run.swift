// SPDX-License-Identifier: Apache-2.0

import BSON

/// How operations are carried out: a server, a connection of its pool, the command, and once more where that is safe.
extension MongoClient {
    /// What one attempt leaves for the next one.
    struct Attempts {
        var count = 0
        /// A cursor's own session, in which all its commands run; `nil` for the connection's.
        var pinned: ServerSession?
        /// The first attempt's session and number: the server knows the write by them.
        var write: (session: ServerSession, number: Int64)?
        /// The write's session where its connection has lost it: it is for others once the operation is over.
        var released: ServerSession?
        var failedAt: ServerAddress?
        var firstError: MongoError?
        /// What the first attempt has done, though it is not acknowledged as wanted.
        var firstAnswer: OperationAnswer?

        /// What the caller is told when there is no further attempt.
        ///
        /// The second error says more, unless it says that nothing was done. What was done is said whatever came then.
        func end(with error: MongoError) throws(MongoError) -> OperationAnswer {
            if let firstAnswer { return firstAnswer }
            guard let firstError, error.hasLabel("NoWritesPerformed") || error.code == .noConnection else {
                throw error
            }
            throw firstError
        }
    }

    /// Carries an operation out, and once more if it failed in a way that another server, or the same one a moment
    /// later, may not.
    ///
    /// - Returns: an answer with `ok: 1`, in which single writes may have failed.
    func run(_ operation: Operation) async throws(MongoError) -> OperationAnswer {
        if let field = operation.reservedField {
            throw MongoError(.invalidArgument, "\(operation.command.name): \(field) is the client's own to set")
        }
        let deployment = try await running(until: operation.deadline)
        var attempts = Attempts()
        defer { if let released = attempts.released { sessions.giveBack(released) } }
        while true {
            let selected: Deployment.Selected
            do throws(MongoError) {
                selected = try await deployment.select(
                    operation.purpose,
                    until: operation.deadline,
                    avoiding: attempts.failedAt
                )
            } catch {
                // That there is no server now is less of a reason than why the first one failed.
                return try attempts.end(with: attempts.firstError ?? error)
            }
            attempts.count += 1
            do throws(MongoError) {
                return try await attempt(operation, at: selected, deployment, &attempts)
            } catch {
                guard isRepeatable(error, operation, selected, attempts), !Task.isCancelled else {
                    return try attempts.end(with: error)
                }
                attempts.firstError = error
                attempts.failedAt = selected.server.address
            }
        }
    }

    /// - Source: the drivers' specifications "Retryable Reads" and "Retryable Writes".
    func isRepeatable(
        _ error: MongoError,
        _ operation: Operation,
        _ selected: Deployment.Selected,
        _ attempts: Attempts
    ) -> Bool {
        guard attempts.count == 1 else { return false }
        switch operation.repetition {
        case .never: return false
        case .read:
            guard settings.retriesReads else { return false }
            if let failure = error.failure { return Self.passing.contains(failure.code) }
        case .write:
            guard settings.retriesWrites, selected.description.canRepeatWrites else { return false }
            // What went out without a number would be done twice, whatever the monitor knows of the server.
            guard attempts.write != nil || error.code == .noConnection else { return false }
            if error.failure != nil || error.writeConcernFailure != nil {
                return error.hasLabel("RetryableWriteError")
            }
        }
        switch error.code {
        case .connectionFailed: return true
        // Nothing was sent: the pool was cleared, the server did not take the connection, or it has left the set.
        case .noConnection:
            return error.poolError.map { [.paused, .dialFailed, .closed].contains($0.code) } ?? false
        default: return false
        }
    }

    /// What a server says while it starts, stops, or changes its part: 134 of reads alone.
    static let passing: Set<Int> = [
        6, 7, 89, 91, 134, 189, 262, 9_001, 10_107, 11_600, 11_602, 13_435, 13_436,
    ]
}
