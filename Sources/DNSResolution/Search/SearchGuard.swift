// SPDX-License-Identifier: Apache-2.0

package import DNSMessages

/// Learns in which domains of the search list no name is ever found, so that names are asked for as written before
/// them.
///
/// With `ndots:5` and five domains every lookup of an outside name is ten queries for names that do not exist. A domain
/// in which many different names have been sought and none found comes after the name as written from then on: what
/// exists as written costs one lookup again.
///
/// Off by default, for it changes which of two names is meant where both exist.
@available(FairDial 0.1, *)
package struct SearchGuard: Hashable, Sendable {
    private struct Record: Hashable, Sendable {
        var misses = 0
        var hasHits = false
    }

    /// After this many names not found, and none found, a domain is moved to the end.
    private static let enoughMisses = 16

    private var records: [DomainName: Record] = [:]

    /// Nothing has been learned.
    package init() {}

    /// A name of the list was found, or was not.
    package mutating func note(_ suffix: DomainName, found: Bool) {
        // In the root a name is as it was written, and keeps its position.
        if suffix == .root { return }
        if found {
            records[suffix, default: Record()].hasHits = true
        } else {
            records[suffix, default: Record()].misses += 1
        }
    }

    /// The candidates in the order to ask for them.
    package func ordered(_ candidates: [SearchList.Candidate]) -> [SearchList.Candidate] {
        var before: [SearchList.Candidate] = []
        var behind: [SearchList.Candidate] = []
        for candidate in candidates {
            if isBarren(candidate.suffix) { behind.append(candidate) } else { before.append(candidate) }
        }
        return behind.isEmpty ? candidates : before + behind
    }

    private func isBarren(_ suffix: DomainName?) -> Bool {
        guard let record = suffix.flatMap({ records[$0] }) else { return false }
        return !record.hasHits && record.misses >= Self.enoughMisses
    }
}
