// SPDX-License-Identifier: Apache-2.0

import DequeModule
import NameResolution

/// What waits, served round-robin by fairness key (rule 4).
@available(FairDial 0.1, *)
struct FairnessKeyQueue<Element: Sendable>: Sendable {
    private var waiting: [FairnessKey: Deque<Element>] = [:]
    private var turns = Deque<FairnessKey>()

    /// How many wait.
    private(set) var count = 0

    mutating func append(_ element: Element, for fairnessKey: FairnessKey) {
        if waiting[fairnessKey] == nil { turns.append(fairnessKey) }
        waiting[fairnessKey, default: Deque()].append(element)
        count += 1
    }

    /// The first query of the fairness key whose turn it is.
    mutating func popFirst() -> Element? {
        guard let fairnessKey = turns.popFirst(), let element = waiting[fairnessKey]?.popFirst() else { return nil }
        count -= 1
        if waiting[fairnessKey]?.isEmpty == true { waiting[fairnessKey] = nil } else { turns.append(fairnessKey) }
        return element
    }
}
