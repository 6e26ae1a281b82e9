// SPDX-License-Identifier: Apache-2.0

package import DNSMessages

/// Learns in which domains of the search list no name is ever found, so that names are asked for as written before
/// them.
///
/// With `ndots:5` and five domains every lookup of an outside name is ten queries for names that do not exist. A domain
/// in which many different names have been sought and none found comes after the name as written for ten minutes: what
/// exists as written costs one lookup again.
///
/// Off by default, for it changes which of two names is meant where both exist.
@available(FairDial 0.1, *)
package struct SearchGuard: Hashable, Sendable {
    /// What the lookups in one domain have shown.
    private struct Record: Hashable, Sendable {
        /// When the guard forgets all of it, and begins to learn again.
        var expires: Duration
        /// The different names that were not found, each by its hash value; empty after a name was found, or after
        /// `enoughMisses` were not.
        var misses: [Int] = []
        /// Whether a name was found.
        var hasHits = false
        /// Whether `enoughMisses` names were not found, and none was: the domain comes after the name as written.
        var isBarren = false
    }

    /// After this many different names not found, and none found, a domain is moved to the end.
    private static let enoughMisses = 16
    /// How long that holds, and within which time the misses must come.
    private static let memory = Duration.seconds(600)

    private var records: [DomainName: Record] = [:]

    /// Nothing has been learned.
    package init() {}

    /// A name of the list was found, or was not.
    ///
    /// - Parameters:
    ///   - name: the whole name, with the domain.
    ///   - suffix: the domain.
    package mutating func note(_ name: DomainName, in suffix: DomainName, found: Bool, at now: Duration) {
        // In the root a name is as it was written, and keeps its position.
        if suffix == .root { return }
        if found {
            records[suffix] = Record(expires: now + Self.memory, hasHits: true)
            return
        }
        var record = records[suffix] ?? Record(expires: .zero)
        if now >= record.expires { record = Record(expires: now + Self.memory) }
        let miss = name.hashValue
        guard !record.hasHits, !record.isBarren, !record.misses.contains(miss) else { return }
        record.misses.append(miss)
        if record.misses.count == Self.enoughMisses {
            record = Record(expires: now + Self.memory, isBarren: true)
        }
        records[suffix] = record
    }

    /// The candidates in the order to ask for them.
    package func ordered(_ candidates: [SearchList.Candidate], at now: Duration) -> [SearchList.Candidate] {
        var before: [SearchList.Candidate] = []
        var behind: [SearchList.Candidate] = []
        for candidate in candidates {
            if isBarren(candidate.suffix, at: now) { behind.append(candidate) } else { before.append(candidate) }
        }
        return behind.isEmpty ? candidates : before + behind
    }

    private func isBarren(_ suffix: DomainName?, at now: Duration) -> Bool {
        guard let record = suffix.flatMap({ records[$0] }) else { return false }
        return record.isBarren && now < record.expires
    }
}
