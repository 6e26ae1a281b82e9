// SPDX-License-Identifier: Apache-2.0

/// Where each name of a hosts file stands: a hash table of places in the file's bytes, which copies nothing of them.
///
/// A name costs 12 bytes, and 4 to 8 for its share of the table.
struct HostsIndex: Sendable {
    /// Where each name begins, in the file's order.
    private var names: [UInt32] = []
    /// Where the address of its line begins.
    private var addresses: [UInt32] = []
    /// The next name of the same place in the table, plus one; 0 where there is none.
    private var following: [UInt32] = []
    /// The first name of each place in the table, plus one; 0 where there is none.
    private var heads: [UInt32] = [0]

    /// Nobody who writes a file can know which names fall into one place of the table.
    private static let seed = UInt64.random(in: 0 ... .max)

    /// Reads a file. Lines are not judged: what begins with no address is found out when it is asked for.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        // What lies further could not be pointed to; no hosts file is that large.
        let bytes = UnsafeBufferPointer(rebasing: bytes.prefix(Int(UInt32.max) - 1))
        let lineCount = bytes.count { $0 == UInt8(ascii: "\n") } + 1
        names.reserveCapacity(lineCount)
        addresses.reserveCapacity(lineCount)
        following.reserveCapacity(lineCount)
        var place = 0
        while place < bytes.count {
            readLine(bytes, &place)
            while place < bytes.count, bytes[place] != UInt8(ascii: "\n") { place += 1 }
            place += 1
        }
        link()
    }

    /// Notes a line's names; stops at the latest at the line's end.
    private mutating func readLine(_ bytes: UnsafeBufferPointer<UInt8>, _ place: inout Int) {
        Self.skipSpace(bytes, &place)
        let address = place
        while place < bytes.count, !Self.endsField(bytes[place]) { place += 1 }
        if place == address { return }
        while true {
            Self.skipSpace(bytes, &place)
            let name = place
            var hash = Self.seed
            while place < bytes.count, !Self.endsField(bytes[place]) {
                hash = Self.mixed(hash, bytes[place])
                place += 1
            }
            if place == name { return }
            names.append(UInt32(name))
            addresses.append(UInt32(address))
            // Until the table's size is known the hash stands here.
            following.append(Self.folded(hash))
        }
    }

    /// Makes the table; each of its lists has the file's order.
    private mutating func link() {
        var size = 1
        while size < names.count { size *= 2 }
        heads = [UInt32](repeating: 0, count: size)
        for entry in names.indices.reversed() {
            let place = Int(following[entry]) & (size - 1)
            following[entry] = heads[place]
            heads[place] = UInt32(entry) + 1
        }
    }

    /// About how many bytes of memory it takes.
    var byteCount: Int { 4 * (names.capacity + addresses.capacity + following.capacity + heads.capacity) }

    /// Where the address stands in each line that has a name, in order. A name that stands twice in one line counts once
    /// there; in two lines, twice.
    func addressFields(of name: [UInt8], in bytes: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        guard !name.contains(where: Self.endsField) else { return [] }
        let hash = Self.folded(name.reduce(Self.seed, Self.mixed))
        var fields: [Range<Int>] = []
        var entry = Int(heads[Int(hash) & (heads.count - 1)]) - 1
        while entry >= 0 {
            let address = Int(addresses[entry])
            if fields.last?.lowerBound != address, Self.isSame(name, at: Int(names[entry]), in: bytes) {
                var end = address
                while end < bytes.count, !Self.endsField(bytes[end]) { end += 1 }
                fields.append(address..<end)
            }
            entry = Int(following[entry]) - 1
        }
        return fields
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

    /// The low bits decide the place in the table, and all of the hash must decide these.
    private static func folded(_ hash: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: (hash ^ hash >> 32) &* 0x9E37_79B9_7F4A_7C15 >> 32)
    }
}
