// SPDX-License-Identifier: Apache-2.0

/// Elements under keys that are never used twice; finding one takes no hashing.
@available(FairDial 0.1, *)
struct Slab<Element> {
    /// An index, and how often it has been used again.
    struct Key: Hashable, Sendable {
        /// The index; another element may have it later.
        let place: UInt32
        fileprivate let turn: UInt32

        fileprivate init(place: UInt32, turn: UInt32) {
            self.place = place
            self.turn = turn
        }

        /// The key as one number, for those who keep it without knowing what it is.
        var number: UInt64 { UInt64(turn) << 32 | UInt64(place) }

        /// The key that this number was.
        init(number: UInt64) {
            self.init(place: UInt32(truncatingIfNeeded: number), turn: UInt32(number >> 32))
        }
    }

    private struct Place {
        var turn: UInt32 = 0
        var element: Element?
    }

    private var places: [Place] = []
    private var free: [UInt32] = []

    /// How many elements there are.
    var count: Int { places.count - free.count }

    mutating func insert(_ element: Element) -> Key {
        if let place = free.popLast() {
            places[Int(place)].element = element
            return Key(place: place, turn: places[Int(place)].turn)
        }
        places.append(Place(element: element))
        return Key(place: UInt32(places.count - 1), turn: 0)
    }

    /// The element; `nil` once it has been removed. Assigning to a key that is gone does nothing.
    subscript(_ key: Key) -> Element? {
        // Lent, not copied: an element is large, and mostly one part of it is wanted.
        _read {
            if places[Int(key.place)].turn == key.turn { yield places[Int(key.place)].element } else { yield nil }
        }
        _modify {
            guard places[Int(key.place)].turn == key.turn, places[Int(key.place)].element != nil else {
                var nothing: Element?
                yield &nothing
                return
            }
            yield &places[Int(key.place)].element
        }
    }

    @discardableResult
    mutating func remove(_ key: Key) -> Element? {
        guard places[Int(key.place)].turn == key.turn, let element = places[Int(key.place)].element else { return nil }
        places[Int(key.place)].element = nil
        places[Int(key.place)].turn &+= 1
        free.append(key.place)
        return element
    }

    /// The keys of all elements, in no order.
    var keys: [Key] {
        places.indices.compactMap { index in
            places[index].element == nil ? nil : Key(place: UInt32(index), turn: places[index].turn)
        }
    }
}
