// SPDX-License-Identifier: Apache-2.0

import DNSMessages

/// Which request asks for what, by the name on the wire and the type: requests for the same wait for the same query.
///
/// A text says one name in many ways (`\DDD` escapes, letter case, a final dot), and lookups of other families or for
/// other ports want some of the same records. A query for each would be one more try each for a forger that guesses at
/// answers (the birthday attack of RFC 5452 §4.3).
///
/// A request that is alone in flight is entered when a second one comes: mostly none does.
@available(FairDial 0.1, *)
struct Flights: Sendable {
    /// Identifies a request; the machine's own key, as a number.
    typealias Key = UInt64
    /// A number that equal questions share, and others hardly ever: what is found by it must still be compared.
    typealias Mark = UInt64

    private let seed: UInt64
    private var byMark: [Mark: Key] = [:]
    private var unentered: [Key] = []

    /// - Parameter seed: must not be predictable, or names could be made that have another one's mark, and keep it from
    ///   being shared.
    init(seed: UInt64) {
        self.seed = seed
    }

    /// Every query comes by here, so eight bytes are taken at a time, and letters are folded by a bit that is set in
    /// all.
    func mark(of question: Question) -> Mark {
        let odd: UInt64 = 0x9E37_79B9_7F4A_7C15
        let lowerCase: UInt64 = 0x2020_2020_2020_2020
        return question.name.wire.withUnsafeBytes { bytes in
            var mark = seed ^ UInt64(question.type.rawValue) << 16 ^ UInt64(truncatingIfNeeded: bytes.count)
            func take(_ value: UInt64) {
                let (high, low) = (mark ^ value).multipliedFullWidth(by: odd)
                mark = high ^ low
            }
            var position = 0
            while position + 8 <= bytes.count {
                take(bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self) | lowerCase)
                position += 8
            }
            while position < bytes.count {
                take(UInt64(bytes[position]) | lowerCase)
                position += 1
            }
            return mark
        }
    }

    /// A request leads, and there is no other to follow it.
    mutating func add(_ key: Key) { unentered.append(key) }

    /// One leads.
    ///
    /// - Returns: the one that led at its mark until then. Where it turns out to be for the same question, it is
    ///   entered again.
    @discardableResult
    mutating func enter(_ key: Key, at mark: Mark) -> Key? { byMark.updateValue(key, forKey: mark) }

    /// Those that have not been entered yet.
    mutating func takeUnentered() -> [Key] {
        if unentered.isEmpty { return [] }
        var taken: [Key] = []
        swap(&taken, &unentered)
        return taken
    }

    /// One leads no longer.
    mutating func remove(_ key: Key, at mark: Mark) {
        // Another one is hardly ever there, and then it goes back.
        if let other = byMark.removeValue(forKey: mark), other != key { byMark[mark] = other }
    }

    /// No request is in flight any more.
    mutating func forgetUnentered() { unentered.removeAll(keepingCapacity: true) }
}
