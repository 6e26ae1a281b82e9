// SPDX-License-Identifier: Apache-2.0

import DequeModule
import NameResolution

/// What waits, served round-robin by fairness key (rule 4). An element may wait in the queues of several keys; an entry
/// of one that is over stays for a while, and neither counts nor takes its key's turn.
@available(FairDial 0.1, *)
struct FairnessKeyQueue<Element: Sendable>: Sendable {
    private var waiting: [FairnessKey: Deque<Element>] = [:]
    private var turns = Deque<FairnessKey>()
    /// Entries whose elements wait no longer.
    private var deadCount = 0

    /// How many elements wait.
    private(set) var count = 0
    /// How many entries there are, in all keys' queues.
    private(set) var entryCount = 0

    /// An element begins to wait.
    mutating func append(_ element: Element, for fairnessKey: FairnessKey) {
        count += 1
        enter(element, for: fairnessKey)
    }

    /// An element that waits already waits on behalf of another key as well.
    mutating func enter(_ element: Element, for fairnessKey: FairnessKey) {
        if waiting[fairnessKey] == nil { turns.append(fairnessKey) }
        waiting[fairnessKey, default: Deque()].append(element)
        entryCount += 1
    }

    /// Takes out the first entry of the fairness key whose turn it is. Its element is among those that wait until
    /// `left`.
    mutating func popFirst(_ isWaiting: (Element) -> Bool) -> Element? {
        while let fairnessKey = turns.popFirst() {
            var found: Element?
            while found == nil, let element = waiting[fairnessKey]?.popFirst() {
                entryCount -= 1
                if isWaiting(element) { found = element } else { deadCount -= 1 }
            }
            if waiting[fairnessKey]?.isEmpty == true { waiting[fairnessKey] = nil } else { turns.append(fairnessKey) }
            if let found { return found }
        }
        return nil
    }

    /// An element waits no longer: it goes out, or is over.
    ///
    /// - Parameters:
    ///   - entries: how many it has left behind.
    ///   - isWaiting: whether an element waits still.
    mutating func left(behind entries: Int, _ isWaiting: (Element) -> Bool) {
        count -= 1
        deadCount += entries
        // When many leave at once, not each of them may cost a search of the queues.
        guard deadCount > entryCount / 2 + 32 else { return }
        for fairnessKey in turns {
            waiting[fairnessKey]?.removeAll { !isWaiting($0) }
            if waiting[fairnessKey]?.isEmpty == true { waiting[fairnessKey] = nil }
        }
        turns.removeAll { waiting[$0] == nil }
        entryCount = waiting.values.reduce(0) { $0 + $1.count }
        deadCount = 0
    }
}
