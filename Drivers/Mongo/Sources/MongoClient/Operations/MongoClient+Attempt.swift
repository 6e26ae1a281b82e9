// SPDX-License-Identifier: Apache-2.0

import BSON
import FairDial
import FairPool
import NIOCore

/// One sending of a command: a connection, the session and the number, the answer.
extension MongoClient {
    func attempt(
        _ operation: Operation,
        at selected: Deployment.Selected,
        _ deployment: Deployment,
        _ attempts: inout Attempts
    ) async throws(MongoError) -> OperationAnswer {
        let address = selected.server.address
        // Before a connection is taken: there may be no time for an answer already.
        _ = try rest(of: operation, selected)
        let lease = try await connection(of: selected.server, deployment, until: operation.deadline)
        let connection = lease.output
        // Where this throws, the connection ends with its lease.
        try check(connection, address)
        let number: Int64?
        let session: ServerSession?
        var extras = extras(for: operation, at: selected)
        do throws(MongoError) {
            extras.maximumTime = try rest(of: operation, selected)
            (session, number) = try identity(of: operation, on: connection, selected, &attempts)
        } catch {
            // The connection is well.
            lease.giveBack()
            throw error
        }
        extras.transactionNumber = number
        if let session { extras.session = session.element }
        let message = operation.command
        let request = connection.nextRequest()
        let bytes = message.encoded(request: request, adding: extras, connection.channel.allocator)
        // The server itself refuses more, by closing the connection, which would look like a fault of the network.
        guard bytes.readableBytes <= selected.description.maximumMessageSize else {
            lease.giveBack()
            let words = "a message of \(bytes.readableBytes) bytes, over \(selected.description.maximumMessageSize)"
            throw MongoError(.invalidArgument, words)
        }
        tell(.started, message, extras, session, address)
        let deadline = socketDeadline(operation.deadline)
        let result =
            message.isAcknowledged
            ? await connection.send(bytes, request: request, until: deadline)
            : await connection.sendWithoutAnswer(bytes, request: request, until: deadline)
        switch result {
        case .failure(let wire):
            // The connection is closed: its session may be in use at the server still.
            attempts.released = nil
            if wire.saysSomethingOfServer {
                let failure = ServerFailure.network(isTimeout: wire.code == .timedOut, words: "\(wire)")
                deployment.failed(failure, at: address, generation: connection.generation)
            }
            var error = MongoError.broken(wire, at: address, isBound: operation.deadline != nil)
            if number != nil, error.code == .connectionFailed { error.labels.insert("RetryableWriteError") }
            tell(.failed(error), message, extras, session, address)
            throw error
        case .success where !message.isAcknowledged:
            lease.giveBack()
            tell(.succeeded(["ok": 1]), message, extras, session, address)
            return OperationAnswer(reply: ["ok": 1], server: address)
        case .success(let reply):
            let document = reply.document
            if let failure = ServerFailure(reply: document) {
                deployment.failed(failure, at: address, generation: connection.generation)
            }
            let error = failure(in: document, of: operation, number, selected)
            let goesOn = error.map { isRepeatable($0, operation, selected, attempts) } ?? false
            let isOK = document["ok"]?.double == 1
            let hasCursor = isOK && operation.makesCursor && document["cursor"]?.document?["id"]?.integer != 0
            // The session goes on elsewhere, with the cursor or with the write that is repeated: before anybody else
            // can have this connection, it must have lost it.
            if hasCursor || goesOn { connection.releaseSession() }
            if goesOn, number != nil { attempts.released = session }
            lease.giveBack()
            let told: Told = if !isOK, let error { .failed(error) } else { .succeeded(document) }
            tell(told, message, extras, session, address)
            let answer = OperationAnswer(reply: document, server: address, session: hasCursor ? session : nil)
            guard let error, !isOK || goesOn else { return answer }
            if isOK { attempts.firstAnswer = answer }
            throw error.code50AsTimeout(operation)
        }
    }

    /// A user's commands go over connections that have proved who is at either end.
    private func check(_ connection: MongoConnection, _ address: ServerAddress) throws(MongoError) {
        guard settings.greeting.credential != nil, connection.description.kind == .arbiter else { return }
        throw MongoError(
            .authenticationFailed,
            "the server calls itself an arbiter, which has no users",
            server: address
        )
    }

    /// The session that a command runs in, and the number that a write is known by, which a second sending shares.
    ///
    /// - Throws: the first attempt's error where the write cannot be sent under its number once more: without it, the
    ///   server may do it twice.
    private func identity(
        of operation: Operation,
        on connection: MongoConnection,
        _ selected: Deployment.Selected,
        _ attempts: inout Attempts
    ) throws(MongoError) -> (ServerSession?, Int64?) {
        guard operation.command.isAcknowledged else { return (nil, nil) }
        let isNumbered = operation.repetition == .write && settings.retriesWrites
        // What the connection's own greeting said counts as much as what the monitor knows: the address may have
        // another server behind it by now.
        let canRepeat = selected.description.canRepeatWrites && connection.description.canRepeatWrites
        if let write = attempts.write {
            guard canRepeat else {
                throw attempts.firstError ?? MongoError(.connectionFailed, "no number", server: selected.server.address)
            }
            return (write.session, write.number)
        }
        let session = attempts.pinned ?? connection.session(from: sessions)
        guard isNumbered, canRepeat, let session else { return (session, nil) }
        let number = session.nextWrite()
        attempts.write = (session, number)
        return (session, number)
    }

    /// What is wrong with an answer, as far as the command as a whole goes; `nil` for nothing.
    private func failure(
        in reply: BSONDocument,
        of operation: Operation,
        _ number: Int64?,
        _ selected: Deployment.Selected
    ) -> MongoError? {
        let address = selected.server.address
        // Servers before MongoDB 4.4 have no labels: the client puts this one on.
        func isLabelled(_ code: Int?) -> Bool {
            guard number != nil, selected.description.maximumWireVersion < 9, let code else { return false }
            return code != 134 && Self.passing.contains(code)
        }
        guard reply["ok"]?.double == 1 else {
            var error = MongoError.refused(reply, by: address)
            if isLabelled(error.failure?.code) { error.labels.insert("RetryableWriteError") }
            return error
        }
        // A write concern's failure that may pass is one of the command, as long as it can be sent again.
        guard number != nil, let concern = reply["writeConcernError"]?.document else { return nil }
        let failure = WriteConcernFailure(concern)
        var error = MongoError(.writeFailed, failure.message, server: address)
        error.writeConcernFailure = failure
        error.labels = Set(labels: reply).union(Set(labels: concern))
        if isLabelled(failure.code) { error.labels.insert("RetryableWriteError") }
        return error.hasLabel("RetryableWriteError") ? error : nil
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

    /// How many milliseconds the server may take, which must know before the caller's own time is up; `nil` for as many
    /// as it likes.
    private func rest(of operation: Operation, _ selected: Deployment.Selected) throws(MongoError) -> Int64? {
        guard let deadline = operation.deadline else { return nil }
        let left = Duration.nanoseconds((deadline - .now()).nanoseconds)
        // Sent all the same, it would end a healthy connection.
        guard left > .zero else {
            throw MongoError(.timeout, "its time was up before it was sent", server: selected.server.address)
        }
        guard operation.bindsServer else { return nil }
        let rest = left - selected.description.leastRoundTrip
        guard rest >= .milliseconds(1) else {
            throw MongoError(.timeout, "no time is left for the server's answer", server: selected.server.address)
        }
        return Int64(rest / .milliseconds(1))
    }

    // MARK: - A connection

    private func connection(
        of server: Server,
        _ deployment: Deployment,
        until deadline: NIODeadline?
    ) async throws(MongoError) -> PoolLease<MongoConnection> {
        if let idle = server.pool.checkOutIdle() { return idle }
        do throws(PoolError) {
            guard let deadline else { return try await server.pool.checkOut() }
            let loop = settings.dialer.configuration.group.any()
            return try await LentConnection.wait(for: server.pool, until: deadline, on: loop)
        } catch {
            let isLate = error.code == .cancelled && !Task.isCancelled
            let underWay = isLate || error.code == .waitTimeout ? deployment.dialUnderWay(to: server.address) : nil
            guard isLate else {
                var refused = MongoError.noConnection(error, at: server.address, isOpen: deployment.isOpen)
                refused.dialError = refused.dialError ?? underWay
                throw refused
            }
            let reason =
                error.dialError.map { "; the last dial failed: \($0.code.rawValue): \($0.message)" }
                ?? underWay.map { "; \($0.message)" } ?? ""
            var late = MongoError(.timeout, "no connection in time\(reason)", server: server.address)
            late.poolError = error
            late.dialError = error.dialError ?? underWay
            throw late
        }
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

extension WireError {
    /// Whether the way to the server, or the server, has a fault: neither a caller that left, nor one document that is
    /// no BSON.
    fileprivate var saysSomethingOfServer: Bool { code != .cancelled && code != .invalidDocument }
}
