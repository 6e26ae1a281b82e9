// SPDX-License-Identifier: Apache-2.0

import BSON
import FairDial
import FairPool
import NIOCore

/// How operations are carried out: a server, a connection of its pool, the command, and once more where that is safe.
extension MongoClient {
    /// What one attempt leaves for the next one.
    struct Attempts {
        var count = 0
        /// A cursor's own session, in which all its commands run; `nil` for the connection's.
        var pinned: ServerSession?
        /// The first attempt's session and number: the server knows the write by them.
        var write: (session: ServerSession, number: Int64)?
        var failedAt: ServerAddress?
        var firstError: MongoError?
    }

    /// Carries an operation out, and once more if it failed in a way that another server, or the same one a moment
    /// later, may not.
    ///
    /// - Returns: an answer with `ok: 1`, in which single writes may have failed.
    func run(_ operation: Operation) async throws(MongoError) -> OperationAnswer {
        let deployment = try await running(until: operation.deadline)
        var attempts = Attempts()
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
                throw attempts.firstError ?? error
            }
            attempts.count += 1
            do throws(MongoError) {
                return try await attempt(operation, at: selected, deployment, &attempts)
            } catch {
                let mayRepeat = attempts.count == 1 && isRepeatable(error, operation, selected)
                guard mayRepeat, !Task.isCancelled else { throw Self.decisive(error, attempts.firstError) }
                attempts.firstError = error
                attempts.failedAt = selected.server.address
            }
        }
    }

    /// The second error says more, unless it says that nothing was done.
    private static func decisive(_ error: MongoError, _ first: MongoError?) -> MongoError {
        guard let first, error.hasLabel("NoWritesPerformed") || error.code == .noConnection else { return error }
        return first
    }

    /// - Source: the drivers' specifications "Retryable Reads" and "Retryable Writes".
    private func isRepeatable(_ error: MongoError, _ operation: Operation, _ selected: Deployment.Selected) -> Bool {
        switch operation.repetition {
        case .never: return false
        case .read:
            guard settings.retriesReads else { return false }
            if let failure = error.failure { return Self.passing.contains(failure.code) }
        case .write:
            guard settings.retriesWrites, selected.description.canRepeatWrites else { return false }
            if error.failure != nil || error.writeConcernFailure != nil {
                return error.hasLabel("RetryableWriteError")
            }
        }
        switch error.code {
        case .connectionFailed: return true
        // Nothing was sent: the pool was cleared, or the server did not take the connection.
        case .noConnection:
            return error.poolError.map { $0.code == .paused || $0.code == .dialFailed } ?? false
        default: return false
        }
    }

    /// What a server says while it starts, stops, or changes its part.
    private static let passing: Set<Int> = [
        6, 7, 89, 91, 134, 189, 262, 9_001, 10_107, 11_600, 11_602, 13_435, 13_436,
    ]

    // MARK: - One attempt

    func attempt(
        _ operation: Operation,
        at selected: Deployment.Selected,
        _ deployment: Deployment,
        _ attempts: inout Attempts
    ) async throws(MongoError) -> OperationAnswer {
        let address = selected.server.address
        let lease = try await connection(of: selected.server, until: operation.deadline)
        let connection = lease.output
        let isAcknowledged = operation.command.isAcknowledged
        let session = isAcknowledged ? attempts.pinned ?? connection.session(from: sessions) : nil
        var extras = extras(for: operation, at: selected)
        var used = session
        if operation.repetition == .write, settings.retriesWrites, selected.description.canRepeatWrites, let session {
            if let write = attempts.write {
                used = write.session
                extras.transactionNumber = write.number
            } else {
                extras.transactionNumber = session.nextWrite()
                attempts.write = (session, extras.transactionNumber ?? 0)
            }
        }
        if let used { extras.session = used.element }
        if let deadline = operation.deadline, operation.bindsServer {
            extras.maximumTime = try Self.rest(until: deadline, less: selected.description.roundTrip, address)
        }
        let message = operation.command
        tell(.started, message, extras, used, address)
        let request = connection.nextRequest()
        let bytes = message.encoded(request: request, adding: extras, connection.channel.allocator)
        // The server itself refuses more, by closing the connection, which would look like a fault of the network.
        guard bytes.readableBytes <= selected.description.maximumMessageSize else {
            lease.giveBack()
            let words = "a message of \(bytes.readableBytes) bytes, over \(selected.description.maximumMessageSize)"
            throw MongoError(.invalidArgument, words)
        }
        guard isAcknowledged else {
            do {
                try await connection.sendWithoutAnswer(bytes).get()
            } catch {
                throw MongoError.broken(WireError(.failed, "\(error)"), at: address)
            }
            lease.giveBack()
            tell(.succeeded(["ok": 1]), message, extras, used, address)
            return OperationAnswer(reply: ["ok": 1], server: address)
        }
        let result = await connection.send(bytes, request: request, until: socketDeadline(operation.deadline))
        switch result {
        case .failure(let wire):
            // The connection is closed: its session may be in use at the server still.
            var error = MongoError.broken(wire, at: address)
            if wire.code != .cancelled {
                let failure = ServerFailure.network(isTimeout: wire.code == .timedOut, words: "\(wire)")
                deployment.failed(failure, at: address, generation: connection.generation)
            }
            if operation.repetition == .write, extras.transactionNumber != nil, error.code == .connectionFailed {
                error.labels.insert("RetryableWriteError")
            }
            tell(.failed(error), message, extras, used, address)
            throw error
        case .success(let reply):
            let document = reply.document
            if let failure = ServerFailure(reply: document) {
                deployment.failed(failure, at: address, generation: connection.generation)
            }
            let isOK = document["ok"]?.double == 1
            let hasCursor = isOK && operation.makesCursor && document["cursor"]?.document?["id"]?.integer != 0
            // The session goes on elsewhere: with the cursor, or with the write that is repeated.
            if hasCursor || (!isOK && extras.transactionNumber != nil) { connection.releaseSession() }
            lease.giveBack()
            return try answer(document, isOK, operation, extras, used, address, keeping: hasCursor ? used : nil)
        }
    }

    private func answer(
        _ reply: BSONDocument,
        _ isOK: Bool,
        _ operation: Operation,
        _ extras: CommandExtras,
        _ session: ServerSession?,
        _ address: ServerAddress,
        keeping kept: ServerSession?
    ) throws(MongoError) -> OperationAnswer {
        guard isOK else {
            let error = MongoError.refused(reply, by: address)
            tell(.failed(error), operation.command, extras, session, address)
            throw error.code50AsTimeout(operation)
        }
        tell(.succeeded(reply), operation.command, extras, session, address)
        // A write concern's failure that may pass is one of the command, as long as it can be sent again.
        if operation.repetition == .write, let concern = reply["writeConcernError"]?.document {
            var labels = Set(labels: reply)
            labels.formUnion(Set(labels: concern))
            if labels.contains("RetryableWriteError"), extras.transactionNumber != nil {
                var error = MongoError(.writeFailed, "\(WriteConcernFailure(concern).message)", server: address)
                error.writeConcernFailure = WriteConcernFailure(concern)
                error.labels = labels
                throw error
            }
        }
        return OperationAnswer(reply: reply, server: address, session: kept)
    }

    private func extras(for operation: Operation, at selected: Deployment.Selected) -> CommandExtras {
        var extras = CommandExtras()
        extras.serverInterface = settings.serverInterface
        switch operation.purpose {
        case .read(let rule): extras.readPreference = selected.readPreference(rule)
        case .readThatWrites(let rule):
            if selected.isRead { extras.readPreference = selected.readPreference(rule) }
        case .write: break
        }
        return extras
    }

    private func socketDeadline(_ deadline: NIODeadline?) -> NIODeadline? {
        guard let limit = settings.socketTimeout, deadline == nil else { return deadline }
        return .now() + TimeAmount(limit)
    }

    /// How long the server may take; it must know before the caller's own time is up.
    private static func rest(
        until deadline: NIODeadline,
        less roundTrip: Duration,
        _ server: ServerAddress
    ) throws(MongoError) -> Int64 {
        let rest = Duration.nanoseconds((deadline - .now()).nanoseconds) - roundTrip
        guard rest >= .milliseconds(1) else {
            throw MongoError(.timeout, "no time is left for the server's answer", server: server)
        }
        return Int64(rest / .milliseconds(1))
    }

    // MARK: - A connection

    private func connection(
        of server: Server,
        until deadline: NIODeadline?
    ) async throws(MongoError) -> PoolLease<MongoConnection> {
        if let idle = server.pool.checkOutIdle() { return idle }
        do throws(PoolError) {
            guard let deadline else { return try await server.pool.checkOut() }
            let loop = settings.dialer.configuration.group.any()
            return try await LentConnection.wait(for: server.pool, until: deadline, on: loop)
        } catch {
            if error.code == .cancelled, !Task.isCancelled {
                var late = MongoError(.timeout, "no connection in time: \(error)", server: server.address)
                late.poolError = error
                late.dialError = error.dialError
                throw late
            }
            throw MongoError.noConnection(error, at: server.address)
        }
    }

    // MARK: - Observing

    private enum Told {
        case started
        case succeeded(BSONDocument)
        case failed(MongoError)
    }

    private func tell(
        _ told: Told,
        _ message: CommandMessage,
        _ extras: CommandExtras,
        _ session: ServerSession?,
        _ server: ServerAddress
    ) {
        guard let observer = settings.observer else { return }
        let kind: CommandEvent.Kind =
            switch told {
            case .started: .started(message.whole(adding: extras, session: session?.document))
            case .succeeded(let reply): .succeeded(reply)
            case .failed(let error): .failed(error)
            }
        observer(CommandEvent(kind: kind, command: message.name, database: message.database, server: "\(server)"))
    }
}

extension Deployment.Selected {
    /// What the command says about who may answer.
    func readPreference(_ rule: ReadRule) -> BSONDocument? {
        // A server by itself knows no members.
        if description.kind == .standalone { return nil }
        return rule.document(for: topology)
    }
}

extension MongoError {
    /// The server has stopped the command when the caller's time was up.
    fileprivate func code50AsTimeout(_ operation: Operation) -> MongoError {
        guard operation.deadline != nil, failure?.code == 50 else { return self }
        var late = MongoError(.timeout, message)
        late.server = server
        late.failure = failure
        late.labels = labels
        return late
    }
}
