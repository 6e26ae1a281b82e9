// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution

/// What is asked for on behalf of a lookup, and its outcome.
@available(FairDial 0.1, *)
extension StubResolver {
    /// One question, followed through aliases that lead from answer to answer; an object for the same reasons as a
    /// `Query`.
    final class Request {
        /// What it is for.
        enum Purpose: Sendable {
            case addresses
            case records
            /// The cache alone.
            case refresh
        }

        let name: DomainName
        let type: RecordType
        let purpose: Purpose
        /// The lookup that waits for it; where none does, the one that started it.
        let state: Running
        /// Which of that lookup's names it is for: `NameLookup.position`.
        let position: Int
        /// The names that aliases have led to; the last one is being asked for.
        var aliases: [DomainName] = []
        /// The shortest time that any of them may be kept.
        var timeToLive: UInt32 = .max
        /// Whether its query waits no longer for others to end.
        var hasBegun = false
        /// The query that it waits for, which may be another request's.
        var query: QueryClient.Key?
        /// When it was asked for.
        var sentAt = Duration.zero
        /// When it is given up, if its query lasts longer.
        var end: Duration?
        /// Its mark among the leading requests; `nil` where it is not entered.
        var mark: LeadingRequests.Mark?
        /// The request whose query it shares; `nil` where the query is its own.
        var leader: Slab<Request>.Key?
        /// Those who follow; `nil` until there are some.
        var sharing: Sharing?

        init(name: DomainName, type: RecordType, purpose: Purpose, for state: Running, position: Int = 0) {
            self.name = name
            self.type = type
            self.purpose = purpose
            self.state = state
            self.position = position
        }

        /// Whether a lookup waits for it still.
        var isAwaited: Bool {
            if case .refresh = purpose { false } else { !state.isOver }
        }
    }

    /// Why there is no answer.
    struct Trouble: Error {
        /// Where the failure comes from.
        enum Origin: Sendable {
            /// A server has said that it cannot tell.
            case server
            /// No server has said anything.
            case silence
            /// This machine cannot ask.
            case machine
        }

        let error: ResolutionError
        let origin: Origin
    }

    /// Why a query has brought no answer.
    func trouble(_ outcome: QueryOutcome, _ name: DomainName, _ type: RecordType) -> Trouble {
        switch outcome {
        case .queueFull:
            let error = ResolutionError(.queueFull, "too many queries wait already")
            return Trouble(error: error, origin: .machine)
        case .noDescriptor(let reason):
            let error = ResolutionError(.noDescriptor, "no socket to query DNS with: \(reason)")
            return Trouble(error: error, origin: .machine)
        case .noThread(let reason):
            return Trouble(error: ResolutionError(.noThread, "no thread to query DNS: \(reason)"), origin: .machine)
        case .answered, .failed: break
        }
        guard case .failed(let failures) = outcome, !configuration.servers.isEmpty else {
            return Trouble(error: ResolutionError(.failed, "there is no DNS server to ask"), origin: .machine)
        }
        // One server's error code counts, even where the others are silent, as it does for glibc.
        let isRefusal = failures.contains { if case .code = $0.cause { true } else { false } }
        // Each server's reason once, however often it gave it.
        var reasons: [String] = []
        for failure in failures.map(\.description) where !reasons.contains(failure) { reasons.append(failure) }
        let reason = reasons.isEmpty ? "no answer in time" : reasons.joined(separator: "; ")
        let error = ResolutionError(.temporaryFailure, "\(name) \(type): \(reason)")
        return Trouble(error: error, origin: isRefusal ? .server : .silence)
    }
}
