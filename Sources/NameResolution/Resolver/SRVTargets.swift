// SPDX-License-Identifier: Apache-2.0

package import DNSMessages

/// The order in which to try the targets of a service (RFC 2782, "Usage rules").
@available(FairDial 0.1, *)
package enum SRVTargets {
    /// Those of the lowest priority first; among those of one priority each goes next with a chance that is its
    /// weight's share.
    ///
    /// - Parameter limit: how many are wanted; of thousands the others cost no work but to be looked at.
    /// - Returns: nothing where the only record's target is the root: the domain says that it does not offer the
    ///   service.
    package static func ordered(
        _ records: [SRVRecord],
        atMost limit: Int = .max,
        using generator: inout some RandomNumberGenerator
    ) -> [SRVRecord] {
        let offered = records.filter { $0.target != .root }
        var ordered: [SRVRecord] = []
        let groups = Dictionary(grouping: offered, by: \.priority)
        for (_, group) in groups.sorted(by: { $0.key < $1.key }) where ordered.count < limit {
            // Those of weight 0 first, so that each has a small chance beside greater weights.
            var left = group.shuffled(using: &generator)
                .enumerated().sorted {
                    ($0.element.weight == 0 ? 0 : 1, $0.offset) < ($1.element.weight == 0 ? 0 : 1, $1.offset)
                }
                .map(\.element)
            while !left.isEmpty, ordered.count < limit {
                let sum = left.reduce(0) { $0 + Int($1.weight) }
                let drawn = Int.random(in: 0...sum, using: &generator)
                var running = 0
                let next = left.firstIndex { record in
                    running += Int(record.weight)
                    return running >= drawn
                }
                ordered.append(left.remove(at: next ?? 0))
            }
        }
        return ordered
    }
}
