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
    private struct History: Hashable, Sendable {
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

    private var histories: [DomainName: History] = [:]

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
            histories[suffix] = History(expires: now + Self.memory, hasHits: true)
            return
        }
        var history = histories[suffix] ?? History(expires: .zero)
        if now >= history.expires { history = History(expires: now + Self.memory) }
        let miss = name.hashValue
        guard !history.hasHits, !history.isBarren, !history.misses.contains(miss) else { return }
        history.misses.append(miss)
        if history.misses.count == Self.enoughMisses {
            history = History(expires: now + Self.memory, isBarren: true)
        }
        histories[suffix] = history
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
        guard let history = suffix.flatMap({ histories[$0] }) else { return false }
        return history.isBarren && now < history.expires
    }
}
