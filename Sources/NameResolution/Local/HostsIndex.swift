// SPDX-License-Identifier: Apache-2.0

/// Where each name of a hosts file stands: a hash table of offsets into the file's bytes, which copies nothing of them.
///
/// A name costs 4 bytes, and 1 to 2 for its share of the table. Where that would be more than the file itself, as of
/// millions of names of one letter, there is no table: then the file is gone through for each name, as the C library
/// does.
@available(FairDial 0.1, *)
struct HostsIndex: Sendable {
    /// Where each name begins; those of one slot of the table are contiguous, in the file's order.
    private var names: [UInt32] = []
    /// Where those of each slot of the table end, as a position in `names`.
    private var ends: [UInt32] = [0]
    /// Whether there is a table.
    let isWhole: Bool

    /// Random, so that the author of a file cannot know which names fall into one slot of the table.
    private static let seed = UInt64.random(in: 0 ... .max)

    /// Up to this size of a file, in bytes, the table may be larger than it.
    private static let smallFile = 64 * 1024

    /// How many bytes and entries are looked at where that is to be no work that an event loop would notice: as many as
    /// a file has that is read on the spot. A line may be as long as the file, and have one name a million times.
    private static let fewSteps = 64 * 1024

    /// Up to this many names, the table has an entry for each; beyond, for every fourth.
    private static let smallCount = 4 * 1024

    /// Reads a file. Lines are not checked: one that does not begin with an address is found out when its name is asked
    /// for.
    ///
    /// It is read three times, to count and to fill in: lists that grow would need twice their room on the way.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        // What lies further could not be pointed to; no hosts file is that large.
        let bytes = UnsafeBufferPointer(rebasing: bytes.prefix(Int(UInt32.max) - 1))
        var count = 0
        Self.forEachName(in: bytes) { _, _, _ in count += 1 }
        var size = 1
        while size < (count <= Self.smallCount ? count : count / 4) { size *= 2 }
        let cost = MemoryLayout<UInt32>.size * (count + size)
        isWhole = bytes.count <= Self.smallFile || cost <= bytes.count
        guard isWhole else { return }
        ends = [UInt32](repeating: 0, count: size)
        names = [UInt32](repeating: 0, count: count)
        ends.withUnsafeMutableBufferPointer { ends in
            names.withUnsafeMutableBufferPointer { names in Self.fill(names, ends, from: bytes) }
        }
    }

    private static func fill(
        _ names: UnsafeMutableBufferPointer<UInt32>,
        _ ends: UnsafeMutableBufferPointer<UInt32>,
        from bytes: UnsafeBufferPointer<UInt8>
    ) {
        let mask = ends.count - 1
        forEachName(in: bytes) { _, _, hash in ends[Int(hash) & mask] += 1 }
        var sum: UInt32 = 0
        // First each slot's start; filling in moves it to its end.
        for place in ends.indices {
            let count = ends[place]
            ends[place] = sum
            sum += count
        }
        forEachName(in: bytes) { name, _, hash in
            let place = Int(hash) & mask
            names[Int(ends[place])] = UInt32(name.lowerBound)
            ends[place] += 1
        }
    }

    /// Calls with each name's offset, where its line's address begins, and its hash.
    @inline(__always)
    private static func forEachName(
        in bytes: UnsafeBufferPointer<UInt8>,
        _ body: (Range<Int>, Int, UInt32) -> Void
    ) {
        var place = 0
        while place < bytes.count {
            skipSpace(bytes, &place)
            let address = place
            while place < bytes.count, !endsField(bytes[place]) { place += 1 }
            // A line without an address has no names.
            while place > address {
                skipSpace(bytes, &place)
                let name = place
                var hash = seed
                while place < bytes.count, !endsField(bytes[place]) {
                    hash = mixed(hash, bytes[place])
                    place += 1
                }
                if place == name { break }
                body(name..<place, address, folded(hash))
            }
            while place < bytes.count, bytes[place] != UInt8(ascii: "\n") { place += 1 }
            place += 1
        }
    }

    /// About how many bytes of memory it takes.
    var byteCount: Int { MemoryLayout<UInt32>.size * (names.capacity + ends.capacity) }

    /// Where the address stands in each line that has a name, in order. A name that stands twice in one line counts
    /// once there; in two lines, twice.
    ///
    /// - Parameter limit: how many are few; `nil` for any number.
    /// - Returns: `nil` where there are more, or where much of the file would have to be gone through to know.
    func addressFields(
        of name: [UInt8],
        in bytes: UnsafeBufferPointer<UInt8>,
        atMost limit: Int? = nil
    ) -> [Range<Int>]? {
        guard !name.contains(where: Self.endsField) else { return [] }
        let hash = Self.folded(name.reduce(Self.seed, Self.mixed))
        guard isWhole else { return limit == nil ? Self.search(for: name, hash, in: bytes) : nil }
        var fields: [Range<Int>] = []
        // No line is gone through twice, however many names of it are the one.
        var seen = 0
        var steps = limit == nil ? Int.max : Self.fewSteps
        for entry in entries(of: hash) {
            let place = Int(names[entry])
            guard Self.take(1 + name.count, of: &steps) else { return nil }
            guard Self.isSame(name, at: place, in: bytes) else { continue }
            guard let start = Self.lineStart(of: place, after: seen, in: bytes, &steps) else { return nil }
            seen = place
            guard start < place else { continue }
            let field = Self.field(from: start, in: bytes, &steps)
            guard fields.count != limit, let field else { return nil }
            fields.append(field)
        }
        return fields
    }

    /// - Returns: whether there were so many left.
    private static func take(_ count: Int, of steps: inout Int) -> Bool {
        steps -= count
        return steps >= 0
    }

    /// The same without a table.
    private static func search(
        for name: [UInt8],
        _ hash: UInt32,
        in bytes: UnsafeBufferPointer<UInt8>
    ) -> [Range<Int>] {
        var fields: [Range<Int>] = []
        forEachName(in: bytes) { other, address, otherHash in
            guard otherHash == hash, fields.last?.lowerBound != address,
                isSame(name, at: other.lowerBound, in: bytes)
            else { return }
            var steps = Int.max
            if let field = field(from: address, in: bytes, &steps) { fields.append(field) }
        }
        return fields
    }

    /// - Returns: `nil` where it is longer than there are steps.
    private static func field(
        from start: Int,
        in bytes: UnsafeBufferPointer<UInt8>,
        _ steps: inout Int
    ) -> Range<Int>? {
        var end = start
        while end < bytes.count, !endsField(bytes[end]) {
            guard take(1, of: &steps) else { return nil }
            end += 1
        }
        return start..<end
    }

    private func entries(of hash: UInt32) -> Range<Int> {
        let place = Int(hash) & (ends.count - 1)
        return (place == 0 ? 0 : Int(ends[place - 1]))..<Int(ends[place])
    }

    /// Where the address begins of the line that has this offset; the offset itself where it is the line of the offset
    /// seen before.
    ///
    /// - Returns: `nil` where that is further away than there are steps.
    private static func lineStart(
        of place: Int,
        after seen: Int,
        in bytes: UnsafeBufferPointer<UInt8>,
        _ steps: inout Int
    ) -> Int? {
        var start = place
        while start > seen, bytes[start - 1] != UInt8(ascii: "\n") {
            guard take(1, of: &steps) else { return nil }
            start -= 1
        }
        // No name stands before the first line's address.
        if start == seen, seen > 0 { return place }
        skipSpace(bytes, &start)
        return start
    }

    private static func isSame(_ name: [UInt8], at start: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let end = start + name.count
        guard end <= bytes.count, end == bytes.count || endsField(bytes[end]) else { return false }
        return name.indices.allSatisfy { lowercased(name[$0]) == lowercased(bytes[start + $0]) }
    }

    /// C's `isspace`, less the line's end.
    static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte &- 0x09 <= 0x04 && byte != UInt8(ascii: "\n")
    }

    /// Whether an address or a name ends before a byte: white space, the line's end, a comment, a NUL.
    private static func endsField(_ byte: UInt8) -> Bool {
        byte <= UInt8(ascii: "#")
            && (byte == UInt8(ascii: " ") || byte == UInt8(ascii: "#") || byte == 0 || byte &- 9 <= 4)
    }

    private static func skipSpace(_ bytes: UnsafeBufferPointer<UInt8>, _ place: inout Int) {
        while place < bytes.count, isSpace(bytes[place]) { place += 1 }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    /// FNV-1a, with a seed.
    private static func mixed(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        (hash ^ UInt64(lowercased(byte))) &* 0x0000_0100_0000_01B3
    }

    /// The low bits decide the slot in the table, and all of the hash must decide these.
    private static func folded(_ hash: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: (hash ^ hash >> 32) &* 0x9E37_79B9_7F4A_7C15 >> 32)
    }
}
