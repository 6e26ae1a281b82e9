// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution
import SystemSupport

/// A request is looked up in the cache, and goes on with the name that an alias leads to.
@available(FairDial 0.1, *)
extension StubResolver {
    /// The most aliases that may lead from one answer to the next; within one answer there may be more.
    private static let aliasLimit = 16

    mutating func ask(_ request: Request, at now: Duration, _ actions: inout [Action]) {
        // A loop, not a call for each alias: the cache may know all of them.
        while true {
            let name = request.question.name
            guard let found = cache.withLock({ $0.find(name, request.type, at: now) }) else { break }
            if found.wantsRefresh {
                trace(.decided("\(name) \(request.type) is fetched anew"), at: now, &actions)
                send(
                    Request(name: name, type: request.type, purpose: .refresh, for: request.state),
                    at: now,
                    &actions
                )
            }
            trace(
                .decided(
                    "\(name) \(request.type): the cache knows it\(found.answer.isStale ? ", and it is stale" : "")"
                ),
                at: now,
                &actions
            )
            guard case .alias(let target) = found.answer.content else {
                conclude(request, .success(found.answer), at: now, &actions)
                return
            }
            request.timeToLive = 0
            guard follows(request, to: target, at: now, &actions) else { return }
        }
        send(request, at: now, &actions)
    }

    /// Goes on with the name that an alias leads to, or says that there is no end to them.
    ///
    /// - Returns: whether that name is to be asked for.
    mutating func follows(
        _ request: Request,
        to target: DomainName,
        at now: Duration,
        _ actions: inout [Action]
    ) -> Bool {
        let isLoop = target == request.name || request.aliases.contains(target)
        guard !isLoop, request.aliases.count < Self.aliasLimit else {
            let reason = "the aliases of \(request.name) have no end"
            let error = ResolutionError(.temporaryFailure, reason)
            conclude(request, .failure(Trouble(error: error, origin: .server)), at: now, &actions)
            return false
        }
        trace(
            .decided("\(request.aliases.last ?? request.name) is another name of \(target), which is asked for"),
            at: now,
            &actions
        )
        request.aliases.append(target)
        return true
    }

    func trace(_ event: @autoclosure () -> QueryTrace.Event, at now: Duration, _ actions: inout [Action]) {
        if isTracing { actions.append(.transport(.trace(QueryTrace(event(), at: now)))) }
    }
}
