// SPDX-License-Identifier: Apache-2.0

import ConnectionStrings
import DNSMessages
import FairDial
import NIOConcurrencyHelpers
import NIOCore
import NameResolution

/// Looks up the records of a `mongodb+srv://` name: its hosts (SRV) and options (TXT). Operations that begin together
/// share one look; one that fails is made anew by the next operation.
final class SeedLookup: Sendable {
    private let known = NIOLockedValueBox<ConnectionString?>(nil)

    /// - Parameter limit: when the operation's own time is up.
    func resolve(
        _ string: ConnectionString,
        _ settings: ClientSettings,
        until limit: NIODeadline?
    ) async throws(MongoError) -> ConnectionString {
        if let known = known.withLockedValue({ $0 }) { return known }
        let own = NIODeadline.now() + TimeAmount(settings.serverSelectionTimeout)
        let found = try await Self.look(up: string, settings.dialer, until: limit.map { min($0, own) } ?? own)
        known.withLockedValue { $0 = found }
        return found
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
        let question = RecordQuestion(name: domain, type: type)
        let handle = resolver.lookUpRecords(question, for: FairnessKey(parentDomainOf: name)) { event in
            if case .ended(let result) = event { ended.end(.some(result)) }
        }
        let timer = dialer.configuration.group.any().scheduleTask(deadline: deadline) { ended.end(nil) }
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
