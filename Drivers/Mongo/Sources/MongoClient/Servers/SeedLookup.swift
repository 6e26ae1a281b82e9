// SPDX-License-Identifier: Apache-2.0

import ConnectionStrings
import DNSMessages
import FairDial
import NIOConcurrencyHelpers
import NIOCore
import NameResolution

/// Looks up the records of a `mongodb+srv://` name: its hosts (SRV) and options (TXT). Operations that begin together
/// share one look, each for as long as its own time lasts; one that fails is made anew by the next operation.
final class SeedLookup: Sendable {
    private typealias Answer = Result<ConnectionString, MongoError>

    private struct State {
        var known: ConnectionString?
        var isClosed = false
        var look: (number: UInt64, task: Task<Void, Never>)?
        var waiters: [UInt64: CheckedContinuation<Answer?, Never>] = [:]
        var count: UInt64 = 0
    }

    /// As many operations may wait for one look.
    private static let waiterLimit = 65_536
    private let state = NIOLockedValueBox(State())

    /// - Parameter limit: when the operation's own time is up.
    func resolve(
        _ string: ConnectionString,
        _ settings: ClientSettings,
        until limit: NIODeadline?
    ) async throws(MongoError) -> ConnectionString {
        if let known = state.withLockedValue({ $0.known }) { return known }
        let own = NIODeadline.now() + TimeAmount(settings.serverSelectionTimeout)
        let isOfCaller = limit.map { $0 < own } ?? false
        let name = string.srvName ?? ""
        switch await wait(string, settings.dialer, until: limit.map { min($0, own) } ?? own, own) {
        case .success(let found)?: return found
        case .failure(let error)?: throw error
        case nil where Task.isCancelled: throw MongoError(.cancelled, "cancelled while \(name) was looked up")
        case nil: throw MongoError(isOfCaller ? .timeout : .noHosts, "\(name): no records in time")
        }
    }

    /// Ends the look; who waits is told that the client is closed.
    func close() {
        let (task, waiters) = state.withLockedValue { state in
            state.isClosed = true
            defer { (state.look, state.waiters) = (nil, [:]) }
            return (state.look?.task, state.waiters.values)
        }
        task?.cancel()
        for waiter in waiters { waiter.resume(returning: .failure(MongoError(.closed, "the client is closed"))) }
    }

    /// - Returns: `nil` when the time is up, or the task was cancelled.
    private func wait(
        _ string: ConnectionString,
        _ dialer: Dialer,
        until deadline: NIODeadline,
        _ own: NIODeadline
    ) async -> Answer? {
        let number = next()
        let timer = WaitTimer(at: deadline, on: dialer.configuration.group.any()) { _ in self.leave(number) }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLockedValue { state -> Answer?? in
                    if let known = state.known { return .some(.success(known)) }
                    if state.isClosed { return .some(.failure(MongoError(.closed, "the client is closed"))) }
                    let isLate = NIODeadline.now() >= deadline || timer.isOver || Task.isCancelled
                    if isLate || state.waiters.count >= Self.waiterLimit { return .some(nil) }
                    state.waiters[number] = continuation
                    if state.look == nil { state.look = (number, look(number, string, dialer, until: own)) }
                    return .none
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            leave(number)
        }
    }

    private func next() -> UInt64 {
        state.withLockedValue { state in
            state.count += 1
            return state.count
        }
    }

    /// A look that no operation waits for any more ends.
    private func leave(_ number: UInt64) {
        let (waiter, task) = state.withLockedValue {
            state -> (CheckedContinuation<Answer?, Never>?, Task<Void, Never>?) in
            guard let waiter = state.waiters.removeValue(forKey: number) else { return (nil, nil) }
            guard state.waiters.isEmpty else { return (waiter, nil) }
            defer { state.look = nil }
            return (waiter, state.look?.task)
        }
        task?.cancel()
        waiter?.resume(returning: nil)
    }

    private func look(
        _ number: UInt64,
        _ string: ConnectionString,
        _ dialer: Dialer,
        until deadline: NIODeadline
    ) -> Task<Void, Never> {
        Task {
            let answer: Answer
            do throws(MongoError) {
                answer = .success(try await Self.look(up: string, dialer, until: deadline))
            } catch {
                answer = .failure(error)
            }
            let waiters = state.withLockedValue { state -> [CheckedContinuation<Answer?, Never>] in
                // One that was given up has nobody to tell.
                guard state.look?.number == number else { return [] }
                if case .success(let found) = answer { state.known = found }
                defer { (state.look, state.waiters) = (nil, [:]) }
                return Array(state.waiters.values)
            }
            for waiter in waiters { waiter.resume(returning: answer) }
        }
    }

    static func look(
        up string: ConnectionString,
        _ dialer: Dialer,
        until deadline: NIODeadline
    ) async throws(MongoError) -> ConnectionString {
        guard let question = string.srvQuestion, let name = string.srvName else { return string }
        async let services = records(of: question, .srv, dialer, until: deadline)
        async let options = records(of: name, .txt, dialer, until: deadline)
        let targets = try await services.get().compactMap { record -> (name: String, port: UInt16)? in
            guard let service = record as? SRVRecord else { return nil }
            return ("\(service.target)", service.port)
        }
        let texts = try await options.get().compactMap { ($0 as? TXTRecord)?.texts }
        var random = SystemRandomNumberGenerator()
        do {
            return try string.resolved(
                targets: targets,
                texts: texts.map { $0.map { String(decoding: $0, as: UTF8.self) } },
                random: &random
            )
        } catch {
            throw MongoError(.noHosts, "\(error)")
        }
    }

    private static func records(
        of name: String,
        _ type: RecordType,
        _ dialer: Dialer,
        until deadline: NIODeadline
    ) async -> Result<[any RecordData], MongoError> {
        guard let domain = try? DomainName(name) else {
            return .failure(MongoError(.noHosts, "\(name) is no domain's name"))
        }
        let ended = PendingRecords()
        let resolver = dialer.configuration.resolver
        let question = Question(name: domain, type: type)
        let handle = resolver.lookUpRecords(question, for: FairnessKey(for: name)) { event in
            if case .ended(let result) = event { ended.end(.some(result)) }
        }
        let timer = WaitTimer(at: deadline, on: dialer.configuration.group.any()) { _ in ended.end(nil) }
        let result = await withTaskCancellationHandler {
            await ended.value()
        } onCancel: {
            ended.end(nil)
        }
        timer.cancel()
        _ = handle.cancel()
        switch result {
        case .success(let answer)?: return .success(answer.records.map(\.data))
        // A name without a TXT record has no options.
        case .failure(let error)? where type == .txt && error.kind == .nameNotFound: return .success([])
        case .failure(let error)?: return .failure(MongoError(.noHosts, "\(name) \(type): \(error)"))
        case nil where Task.isCancelled:
            return .failure(MongoError(.cancelled, "cancelled while \(name) was looked up"))
        case nil: return .failure(MongoError(.noHosts, "\(name) \(type): no answer in time"))
        }
    }
}
