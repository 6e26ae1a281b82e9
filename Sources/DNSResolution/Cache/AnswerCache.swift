// SPDX-License-Identifier: Apache-2.0

package import DNSMessages
package import IPAddresses
package import NameResolution

/// What servers have said, for as long as they have said it holds.
///
/// Pure: time is passed in. Finding a name hashes it once and allocates nothing. Where there is no room left, the
/// oldest name goes that has not been asked for since the last time it was looked at (SIEVE).
@available(FairDial 0.1, *)
package struct AnswerCache: ~Copyable {
    /// An answer as it is given out, and whether the caller is to have it refreshed besides.
    package typealias Look = (answer: ServerAnswer, wantsRefresh: Bool)

    private struct Kept: Sendable {
        let type: RecordType
        let answer: ServerAnswer
        let storedAt: Duration
        let expires: Duration
        var hits = 0
        var isBeingRefreshed = false
    }

    /// A name and all that is known of it; an object, so that finding it copies nothing.
    private final class Entry {
        /// The name on the wire, in lower case.
        let wire: [UInt8]
        /// The same with dots before its labels, but for the first one; by its hash the name is found.
        let text: [UInt8]
        /// Whether the text alone identifies the name, and may be a host's: no label has a dot or an odd byte in it.
        let isPlain: Bool
        let hash: Int
        var kept: [Kept] = []
        /// Both families at once, ready to be handed over; until when that may be; and until when the zone allows it.
        var both: LookupResult?
        var bothReadyUntil = Duration.zero
        var bothExpires = Duration.zero
        /// How often it has been handed over.
        var bothHits = 0
        var wasVisited = false
        var bytes = 0
        /// The next older and the next newer one.
        var older = -1
        var newer = -1

        init(_ name: FoldedName) {
            wire = Array(name.wire)
            text = Array(name.text)
            hash = name.hash
            let dots = name.text.count { $0 == UInt8(ascii: ".") }
            // What is no host's name is not asked for as one, so it is not answered as one either.
            isPlain = dots == max(0, name.labelCount - 1) && DomainName.isPlainHost(name.text)
        }
    }

    /// A name that has been asked for this many times since it was stored is worth refreshing before a caller waits for
    /// it.
    private static let busyHits = 3
    /// … when one part in this many of its lifetime is left, or less.
    private static let prefetchShare = 10

    private let configuration: CacheConfiguration
    private var places: [Entry?] = []
    private var free: [Int] = []
    private var index: [Int: Int] = [:]
    private var oldest = -1
    private var newest = -1
    private var hand = -1
    /// About how many bytes everything takes.
    package private(set) var byteCount = 0

    /// An empty cache.
    package init(_ configuration: CacheConfiguration = CacheConfiguration()) {
        self.configuration = configuration.bounded
    }

    /// How many names it has.
    package var count: Int { index.count }

    /// Everything in it.
    package func contents(at now: Duration) -> [CachedName] {
        places.compactMap { $0 }.flatMap { entry in
            let name = DomainName(uncheckedWire: entry.wire)
            return entry.kept.map { kept in
                CachedName(
                    name: name,
                    type: kept.type,
                    recordCount: kept.answer.recordCount,
                    timeToLive: kept.expires - now,
                    hits: kept.hits + entry.bothHits
                )
            }
        }
    }

    /// Forgets everything.
    package mutating func removeAll() {
        self = AnswerCache(configuration)
    }

    /// Forgets one name.
    package mutating func remove(_ name: DomainName) {
        if let place = find(name) { evict(place) }
    }

    private func find(_ name: DomainName) -> Int? {
        if index.isEmpty { return nil }
        let hash = FoldedName.with(name) { $0.hash }
        guard let place = index[hash], let entry = places[place], FoldedName.isSame(entry.wire, name.wire) else {
            return nil
        }
        return place
    }
}

// MARK: - Looking

@available(FairDial 0.1, *)
extension AnswerCache {
    /// What is known of a name's records of one type; `nil` for nothing that may still be said.
    package mutating func find(_ name: DomainName, _ type: RecordType, at now: Duration) -> Look? {
        guard let place = find(name) else { return nil }
        return look(place, type, at: now)
    }

    /// Whether anything is kept of a name, whatever its type and age.
    package func contains(_ name: DomainName) -> Bool { find(name) != nil }

    /// The addresses of a name as it is written, when those of every family asked for are known and fresh.
    ///
    /// This is the fast path of most lookups: one hash, and no allocation but the answer, once. It returns `nil` for
    /// all else: escapes, a family that is missing, a "does not exist", an answer that wants to be refreshed.
    ///
    /// - Parameter key: the name in lower case (`LookupQuestion.key`).
    package mutating func addresses(of key: String, families: AddressFamilies, at now: Duration) -> LookupResult? {
        guard !index.isEmpty else { return nil }
        var key = key
        // The closures capture nothing of the cache's own storage: that would copy it.
        let hash = key.withUTF8 { FoldedName.hash(FoldedName.bare($0)) }
        guard let place = index[hash], let entry = places[place], entry.isPlain else { return nil }
        guard key.withUTF8({ FoldedName.isSame(entry.text, FoldedName.bare($0)) }) else { return nil }
        if families == .both, now < entry.bothReadyUntil, var both = entry.both {
            entry.wasVisited = true
            entry.bothHits += 1
            both.timeToLive = entry.bothExpires - now
            return both
        }
        return assemble(place, families, at: now)
    }

    private mutating func assemble(_ place: Int, _ families: AddressFamilies, at now: Duration) -> LookupResult? {
        var addresses: [IPAddress] = []
        var readyUntil: Duration?
        var expires = Duration.seconds(Int64.max)
        var server: Endpoint?
        for (family, type) in [(AddressFamilies.ipv6, RecordType.aaaa), (.ipv4, .a)] where families.contains(family) {
            // Only a look: what has to be refreshed is claimed by the caller that refreshes it.
            guard let found = look(place, type, at: now, claims: false), !found.answer.isStale, !found.wantsRefresh
            else {
                return nil
            }
            switch found.answer.content {
            case .addresses(let more): addresses += more
            case .noData: break
            case .records, .nameError, .alias: return nil
            }
            server = server ?? found.answer.server
            guard let kept = places[place]?.kept.first(where: { $0.type == type }) else { return nil }
            // Hits are not counted while it is ready, so it is ready only until the time at which it may have to be
            // refreshed.
            let prefetch = configuration.prefetches ? (kept.expires - kept.storedAt) / Self.prefetchShare : .zero
            readyUntil = min(readyUntil ?? kept.expires, kept.expires - prefetch)
            // A family that has no addresses says nothing of how long the other's may be used.
            if case .addresses = kept.answer.content { expires = min(expires, kept.expires) }
        }
        guard !addresses.isEmpty, let readyUntil else { return nil }
        let answer = LookupResult(
            families: families,
            addresses: addresses,
            isInDestinationOrder: false,
            source: .cache,
            server: server,
            timeToLive: expires - now
        )
        places[place]?.bothHits += 1
        if families == .both {
            places[place]?.both = answer
            places[place]?.bothReadyUntil = readyUntil
            places[place]?.bothExpires = expires
        }
        return answer
    }

    /// - Parameter claims: whether the caller will refresh what wants to be refreshed.
    private mutating func look(
        _ place: Int,
        _ type: RecordType,
        at now: Duration,
        claims: Bool = true
    ) -> Look? {
        guard let position = places[place]?.kept.firstIndex(where: { $0.type == type }),
            var kept = places[place]?.kept[position]
        else { return nil }
        let isStale = now >= kept.expires
        if isStale {
            guard let staleness = configuration.staleness, now < kept.expires + staleness else { return nil }
        }
        if claims { kept.hits += 1 }
        let life = kept.expires - kept.storedAt
        let hits = kept.hits + (places[place]?.bothHits ?? 0)
        let isBusy =
            configuration.prefetches && hits >= Self.busyHits
            && kept.expires - now <= life / Self.prefetchShare
        let wantsRefresh = (isStale || isBusy) && !kept.isBeingRefreshed
        if wantsRefresh, claims { kept.isBeingRefreshed = true }
        places[place]?.kept[position] = kept
        places[place]?.wasVisited = true
        var answer = kept.answer
        answer.source = .cache
        answer.isStale = isStale
        // What is left of it.
        answer.timeToLive = UInt32(clamping: (kept.expires - now).components.seconds)
        return (answer, wantsRefresh)
    }
}

// MARK: - Keeping

@available(FairDial 0.1, *)
extension AnswerCache {
    /// Keeps an answer, if it may be kept: not what says 0 seconds, not a "no" without authority.
    package mutating func keep(_ answer: ServerAnswer, for name: DomainName, _ type: RecordType, at now: Duration) {
        guard configuration.entryLimit > 0 else { return }
        guard let lifetime = lifetime(of: answer), lifetime > .zero else {
            // What was there is no longer what the server says.
            drop(type, of: name)
            return
        }
        let kept = Kept(type: type, answer: answer, storedAt: now, expires: now + lifetime)
        guard answer.byteCount < configuration.byteLimit / 8 else { return }
        let place = find(name) ?? makePlace(name)
        places[place]?.kept.removeAll { $0.type == type }
        places[place]?.kept.append(kept)
        places[place]?.both = nil
        places[place]?.bothHits = 0
        measure(place)
        while count > configuration.entryLimit || byteCount > configuration.byteLimit { evictOne() }
    }

    /// Refreshing has failed: the next caller may try again.
    package mutating func refreshFailed(_ name: DomainName, _ type: RecordType) {
        guard let place = find(name),
            let position = places[place]?.kept.firstIndex(where: { $0.type == type })
        else { return }
        places[place]?.kept[position].isBeingRefreshed = false
    }

    private func lifetime(of answer: ServerAnswer) -> Duration? {
        guard let seconds = answer.timeToLive.map({ Duration.seconds(Int64($0)) }) else { return nil }
        switch answer.content {
        case .addresses, .records, .alias:
            // A zone that says 0 means it, unless the operator says otherwise.
            if seconds == .zero, configuration.lifetimes.lowerBound == .zero { return nil }
            return min(max(seconds, configuration.lifetimes.lowerBound), configuration.lifetimes.upperBound)
        case .noData, .nameError:
            return min(seconds, configuration.negativeLifetimeLimit)
        }
    }

    private mutating func drop(_ type: RecordType, of name: DomainName) {
        guard let place = find(name) else { return }
        places[place]?.kept.removeAll { $0.type == type }
        places[place]?.both = nil
        if places[place]?.kept.isEmpty == true { evict(place) } else { measure(place) }
    }

    private mutating func makePlace(_ name: DomainName) -> Int {
        let entry = FoldedName.with(name) { Entry($0) }
        // Two names of one hash: the newer one stays.
        if let other = index[entry.hash] { evict(other) }
        entry.older = newest
        let place: Int
        if let empty = free.popLast() {
            place = empty
            places[place] = entry
        } else {
            place = places.count
            places.append(entry)
        }
        if newest >= 0 { places[newest]?.newer = place } else { oldest = place }
        newest = place
        index[entry.hash] = place
        return place
    }

    private mutating func measure(_ place: Int) {
        guard let entry = places[place] else { return }
        let overhead = 160
        let bytes = overhead + 2 * entry.wire.count + entry.kept.reduce(0) { $0 + $1.answer.byteCount }
        byteCount += bytes - entry.bytes
        places[place]?.bytes = bytes
    }

    private mutating func evictOne() {
        var place = hand >= 0 ? hand : oldest
        while place >= 0, places[place]?.wasVisited == true {
            places[place]?.wasVisited = false
            let newer = places[place]?.newer ?? -1
            place = newer >= 0 ? newer : oldest
        }
        guard place >= 0 else { return }
        hand = places[place]?.newer ?? -1
        evict(place)
    }

    private mutating func evict(_ place: Int) {
        guard let entry = places[place] else { return }
        if entry.older >= 0 { places[entry.older]?.newer = entry.newer } else { oldest = entry.newer }
        if entry.newer >= 0 { places[entry.newer]?.older = entry.older } else { newest = entry.older }
        if hand == place { hand = entry.newer }
        index[entry.hash] = nil
        places[place] = nil
        free.append(place)
        byteCount -= entry.bytes
    }
}
