// SPDX-License-Identifier: Apache-2.0

package import DNSMessages
package import NameResolution
import SystemSupport

/// An answer cache for any thread.
///
/// It has a lock of its own, and never waits under it: a caller that only reads the cache does not delay lookups in
/// flight.
@available(FairDial 0.1, *)
package final class KnownAnswers: Sendable {
    private let cache: Locked<AnswerCache>

    /// Nothing is known.
    package init(_ configuration: CacheConfiguration = CacheConfiguration()) {
        cache = Locked(AnswerCache(configuration))
    }

    /// The addresses of the question's name, when those of every family asked for are known and fresh.
    package func addresses(
        for question: LookupQuestion,
        in searchList: SearchList,
        at now: Duration
    ) -> LookupResult? {
        // A name that is looked up in the search list first is not this name; bindings have no short way.
        guard question.service == nil, searchList.isAskedFirstAsWritten(question.key) else { return nil }
        return cache.withLock { $0.addresses(of: question.key, families: question.families, at: now) }
    }

    /// What is known of a name's records of one type; `nil` for nothing that may still be said.
    package func find(_ name: DomainName, _ type: RecordType, at now: Duration) -> AnswerCache.Look? {
        cache.withLock { $0.find(name, type, at: now) }
    }

    /// Whether anything is kept of a name: one look spares one for each of its types.
    package func contains(_ name: DomainName) -> Bool { cache.withLock { $0.contains(name) } }

    /// Keeps an answer, if it may be kept.
    package func keep(_ answer: ServerAnswer, for name: DomainName, _ type: RecordType, at now: Duration) {
        cache.withLock { $0.keep(answer, for: name, type, at: now) }
    }

    /// Refreshing has failed: the next caller may try again.
    package func refreshFailed(_ name: DomainName, _ type: RecordType) {
        cache.withLock { $0.refreshFailed(name, type) }
    }

    /// Everything in it.
    package func contents(at now: Duration) -> [CachedName] { cache.withLock { $0.contents(at: now) } }

    /// Forgets everything.
    package func removeAll() { cache.withLock { $0.removeAll() } }

    /// Forgets one name.
    package func remove(_ name: DomainName) { cache.withLock { $0.remove(name) } }
}
