// SPDX-License-Identifier: Apache-2.0

import DequeModule
import NameResolution

/// What waits, served round-robin by asker (rule 4).
struct AskerQueue<Element: Sendable>: Sendable {
    private var waiting: [Asker: Deque<Element>] = [:]
    private var turns = Deque<Asker>()

    /// How many wait.
    private(set) var count = 0

    mutating func append(_ element: Element, for asker: Asker) {
        if waiting[asker] == nil { turns.append(asker) }
        waiting[asker, default: Deque()].append(element)
        count += 1
    }

    /// The first of whoever's turn it is.
    mutating func popFirst() -> Element? {
        guard let asker = turns.popFirst(), let element = waiting[asker]?.popFirst() else { return nil }
        count -= 1
        if waiting[asker]?.isEmpty == true { waiting[asker] = nil } else { turns.append(asker) }
        return element
    }
}
