// SPDX-License-Identifier: Apache-2.0

/// Three elements at most, in the order in which they came, kept in place: an array would be an allocation for each
/// lookup.
@available(FairDial 0.1, *)
struct UpToThree<Element: Sendable>: Sendable {
    private var first: Element?
    private var second: Element?
    private var third: Element?

    var isEmpty: Bool { first == nil }

    var count: Int { first == nil ? 0 : second == nil ? 1 : third == nil ? 2 : 3 }

    /// There must be room; without any the element is left out, for a list that is one short is no reason to end a
    /// process.
    mutating func append(_ element: Element) {
        if first == nil {
            first = element
        } else if second == nil {
            second = element
        } else {
            assert(third == nil, "three are there already")
            third = third ?? element
        }
    }

    func first(where isWanted: (Element) -> Bool) -> Element? {
        if let first, isWanted(first) { return first }
        if let second, isWanted(second) { return second }
        if let third, isWanted(third) { return third }
        return nil
    }

    mutating func remove(where isUnwanted: (Element) -> Bool) {
        if let third, isUnwanted(third) { self.third = nil }
        if let second, isUnwanted(second) { (self.second, third) = (third, nil) }
        if let first, isUnwanted(first) { (self.first, second, third) = (second, third, nil) }
    }

    func forEach(_ body: (Element) -> Void) {
        if let first { body(first) }
        if let second { body(second) }
        if let third { body(third) }
    }
}
