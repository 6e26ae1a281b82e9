// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import NameResolution

/// One query for all who ask the same at the same time (rule 3), below the text of names.
///
/// The first request for a question leads: the query is its own. Others follow. Each may leave, or be given up at a
/// time of its own; the query goes on while any request waits for it.
@available(FairDial 0.1, *)
extension StubResolver {
    /// Those who follow a request.
    final class Sharing {
        /// In the order in which they came; those who have left are still among them for a while.
        var followers: [Slab<Request>.Key] = []
        /// How many wait.
        var count = 0
        /// Whether the request that led no longer waits.
        var isAbandoned = false
    }

    /// Has a request wait for a query that is in flight for the same question.
    ///
    /// - Returns: `false` where there is none, or one that has taken long already: then the request leads.
    mutating func share(
        _ request: Request,
        _ key: Slab<Request>.Key,
        _ question: Question,
        at now: Duration,
        _ actions: inout [Action]
    ) -> Bool {
        // Mostly no other request is in flight.
        if requests.count <= request.state.queries.count + 1 {
            leading.add(key.number)
            return false
        }
        enterAll()
        let lookupTimeout = configuration.effectiveLookupTimeout
        let mark = leading.mark(of: question)
        guard let number = leading.enter(key.number, at: mark), let leader = requests[Slab.Key(number: number)],
            let query = leader.query, now < leader.sentAt + lookupTimeout / 2, leader.question == question
        else {
            request.mark = mark
            return false
        }
        leading.enter(number, at: mark)
        let sharing = leader.sharing ?? Sharing()
        leader.sharing = sharing
        sharing.followers.append(key)
        sharing.count += 1
        request.leader = Slab.Key(number: number)
        request.query = query
        let fairnessKey = request.state.fairnessKey == leader.state.fairnessKey ? nil : request.state.fairnessKey
        let ownEnd = client.share(query, for: fairnessKey, until: now + lookupTimeout)
        if sharing.count == 1, let end = leader.end ?? ownEnd {
            // The leader is given up at its own time, by a clock of its own: its query may go on longer now.
            leader.end = end
            deadlines.add(Slab.Key(number: number), at: end)
        }
        if request.isAwaited { request.state.queries.append((query, key)) }
        trace(.decided("\(question) is in flight already: waiting for its answer"), at: now, &actions)
        if leader.hasBegun { start(request, key, at: now, &actions) }
        return true
    }

    private mutating func enterAll() {
        for number in leading.takeUnentered() {
            let key = Slab<Request>.Key(number: number)
            guard let request = requests[key], request.leader == nil, request.mark == nil else { continue }
            let mark = leading.mark(of: request.question)
            leading.enter(number, at: mark)
            request.mark = mark
        }
    }

    /// A request's query is over.
    mutating func queryEnded(_ request: Request, _ key: Slab<Request>.Key) {
        if let mark = request.mark { leading.remove(key.number, at: mark) }
        if requests.count == 0 { leading.forgetUnentered() }
    }

    /// A request waits no longer. Its query goes on where others wait for it.
    mutating func detach(_ key: Slab<Request>.Key, at now: Duration, _ actions: inout [Action]) {
        guard let request = requests[key] else { return }
        if let leader = request.leader {
            requests.remove(key)
            leave(leader, at: now, &actions)
        } else if let sharing = request.sharing, sharing.count > 0 {
            sharing.isAbandoned = true
            requests[key] = request.successor()
        } else {
            abandon(request, key, at: now, &actions)
        }
    }

    private mutating func leave(_ key: Slab<Request>.Key, at now: Duration, _ actions: inout [Action]) {
        guard let leader = requests[key], let sharing = leader.sharing else { return }
        sharing.count -= 1
        // When many leave at once, not each of them may cost a search of the list.
        if sharing.followers.count > 2 * sharing.count + 32 {
            let requests = requests
            sharing.followers.removeAll { requests[$0] == nil }
        }
        if sharing.count == 0, sharing.isAbandoned { abandon(leader, key, at: now, &actions) }
    }

    private mutating func abandon(
        _ request: Request,
        _ key: Slab<Request>.Key,
        at now: Duration,
        _ actions: inout [Action]
    ) {
        requests.remove(key)
        queryEnded(request, key)
        guard let query = request.query else { return }
        inClient(at: now, &actions) { client, steps in client.cancel(query, at: now, &steps) }
    }

    /// A request is given up at a moment, if it would last longer.
    ///
    /// - Parameter isDispensable: whether the request can do without the answer: then silence says nothing of the
    ///   server.
    mutating func limit(
        _ request: Request,
        _ key: Slab<Request>.Key,
        to end: Duration,
        isDispensable: Bool = false
    ) {
        guard let query = request.query else { return }
        request.end = min(request.end ?? end, end)
        if request.leader != nil || request.sharing.map({ $0.count > 0 }) == true {
            // Others wait longer.
            deadlines.add(key, at: end)
        } else if isDispensable {
            client.makeDispensable(query, from: end)
        } else {
            client.limit(query, to: end)
        }
    }

    /// Gives up what has waited for as long as it may, while its query goes on for others. The client's clock has been
    /// looked at before.
    package mutating func expire(at now: Duration, _ actions: inout [Action]) {
        while let key = deadlines.popFirst(dueBy: now) {
            guard let request = requests[key], let end = request.end, end <= now else { continue }
            let failures = request.query.map { client.failures(of: $0) } ?? []
            detach(key, at: now, &actions)
            request.state.queries.remove { $0.request == key }
            let trouble = trouble(.failed(failures), request.question.name, request.type)
            conclude(request, .failure(trouble), at: now, &actions)
        }
    }
}

@available(FairDial 0.1, *)
extension StubResolver.Request {
    /// What is asked for: the name that aliases have led to.
    var question: Question { Question(name: aliases.last ?? name, type: type) }

    /// It is to go out, for the first name or for one that an alias has led to.
    func prepare(at now: Duration) {
        hasBegun = false
        query = nil
        sentAt = now
        end = nil
        mark = nil
        leader = nil
        sharing = nil
    }

    /// The request that leads instead of this one, for those that follow.
    fileprivate func successor() -> StubResolver.Request {
        let other = StubResolver.Request(name: question.name, type: type, purpose: .refresh, for: state)
        other.hasBegun = hasBegun
        other.query = query
        other.sentAt = sentAt
        other.mark = mark
        other.sharing = sharing
        return other
    }
}
