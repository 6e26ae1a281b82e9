// SPDX-License-Identifier: Apache-2.0

import DNSMessages

/// Finds a request in flight for the same question, the name on the wire and the type, so that requests for one
/// question share one query.
///
/// The first request for a question *leads*: the query is its own, and later requests wait for its answer. A leader is
/// *entered* in a table by its question's *mark*, a hash that letter case does not change.
///
/// A text says one name in many ways (`\DDD` escapes, letter case, a final dot), and lookups of other families or for
/// other ports want some of the same records. A query for each would be one more try each for a forger that guesses at
/// answers (the birthday attack of RFC 5452 §4.3).
///
/// A request that is alone in flight is entered only when a second one comes: mostly none does.
@available(FairDial 0.1, *)
struct LeadingRequests: Sendable {
    /// Identifies a request; the machine's own key, as a number.
    typealias Key = UInt64
    /// A question's hash: equal questions have the same, and others rarely do. The caller compares the questions of the
    /// requests that it finds by it.
    typealias Mark = UInt64

    private let seed: UInt64
    private var byMark: [Mark: Key] = [:]
    /// Leaders that are not in the table yet.
    private var unentered: [Key] = []

    /// - Parameter seed: must not be predictable, or names could be made that have another one's mark, and keep it from
    ///   being shared.
    init(seed: UInt64) {
        self.seed = seed
    }

    /// The mark of a question. Every request for a name comes by here, so it takes eight bytes at a time and sets bit
    /// 0x20 in each. That makes letters lower case. Other bytes change too, which is harmless: questions are compared.
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

    /// A request leads and is alone in flight; it is not entered yet.
    mutating func add(_ key: Key) { unentered.append(key) }

    /// Enters a leader at its question's mark.
    ///
    /// - Returns: the leader that was entered there until then. Where it is for the same question, the caller enters it
    ///   again.
    @discardableResult
    mutating func enter(_ key: Key, at mark: Mark) -> Key? { byMark.updateValue(key, forKey: mark) }

    /// Takes out the leaders that have not been entered yet, so that the caller can enter them.
    mutating func takeUnentered() -> [Key] {
        if unentered.isEmpty { return [] }
        var taken: [Key] = []
        swap(&taken, &unentered)
        return taken
    }

    /// A request leads no longer.
    mutating func remove(_ key: Key, at mark: Mark) {
        // Rarely, another request is entered at the mark, and goes back.
        if let other = byMark.removeValue(forKey: mark), other != key { byMark[mark] = other }
    }

    /// No request is in flight any more.
    mutating func forgetUnentered() { unentered.removeAll(keepingCapacity: true) }
}
