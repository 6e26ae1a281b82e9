// SPDX-License-Identifier: Apache-2.0

/// Destinations in the order in which to prefer them.
///
/// They may come in groups, as services of different priority do (RFC 9460): every destination of a group is started
/// before one of the next group is. Within a group the families take turns.
@available(FairDial 0.1, *)
struct Candidates: Hashable, Sendable {
    /// All of them, best first; those of a group stand together.
    private(set) var destinations: [Destination]

    /// Where each group but the last one ends, as a position in `destinations`, rising.
    private(set) var groupEnds: [Int]

    /// One group.
    init(_ destinations: [Destination] = []) {
        self.destinations = destinations
        groupEnds = []
    }

    /// Groups, best first.
    init(groups: [[Destination]]) {
        self.init()
        for group in groups where !group.isEmpty { append(group) }
    }

    /// Adds a group that is preferred less than all before it.
    mutating func append(_ group: [Destination]) {
        if !destinations.isEmpty { groupEnds.append(destinations.count) }
        destinations += group
    }

    /// The same without those that do not satisfy a condition.
    func filter(_ isIncluded: (Destination) -> Bool) -> Candidates {
        guard !groupEnds.isEmpty else { return Candidates(destinations.filter(isIncluded)) }
        var start = 0
        var groups: [[Destination]] = []
        for end in groupEnds + [destinations.count] {
            groups.append(destinations[start..<end].filter(isIncluded))
            start = end
        }
        return Candidates(groups: groups)
    }
}

@available(FairDial 0.1, *)
extension Candidates: ExpressibleByArrayLiteral {
    /// One group.
    init(arrayLiteral elements: Destination...) {
        self.init(elements)
    }
}
