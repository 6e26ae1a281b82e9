// SPDX-License-Identifier: Apache-2.0

import CAddressText

@available(FairDial 0.1, *)
extension IPv6Address {
    /// Parses the forms of RFC 4291 §2.2, as `inet_pton` does: groups of one to four hexadecimal digits, `::` once, an
    /// IPv4 tail in strict dotted decimal. No zone: `IPAddress` reads those.
    ///
    /// - Throws: `AddressParseError`, naming the first byte that cannot be accepted; in an IPv4 tail, the first that
    ///   dotted decimal cannot have.
    public init(_ text: String) throws(AddressParseError) {
        if case .some(.some(let address)) = text.utf8.withContiguousStorageIfAvailable({ IPv6Address(swiftly: $0) }) {
            self = address
            return
        }
        self = try IPv6Address.read(text)
    }

    /// Parses the forms of RFC 4291 §2.2 from any kind of text.
    public init(_ text: some StringProtocol) throws(AddressParseError) {
        self = try UTF8Reading.read(text) { bytes throws(AddressParseError) in try IPv6Address(utf8: bytes) }
    }

    /// Parses the forms of RFC 4291 §2.2 from bytes, which need not be valid UTF-8 and need no NUL behind them.
    public init(utf8 bytes: UnsafeBufferPointer<UInt8>) throws(AddressParseError) {
        if let address = IPv6Address(swiftly: bytes) {
            self = address
        } else {
            try self.init(plainly: bytes)
        }
    }

    /// Not inlined, so that the fast path stays small.
    @inline(never)
    private static func read(_ text: String) throws(AddressParseError) -> IPv6Address {
        try UTF8Reading.read(text) { bytes throws(AddressParseError) in try IPv6Address(utf8: bytes) }
    }

    /// Parses with vector instructions; `nil` leaves it to the plain reader, which also knows what is wrong.
    @usableFromInline
    package init?(swiftly bytes: UnsafeBufferPointer<UInt8>) {
        var (high, low): (UInt64, UInt64) = (0, 0)
        guard let start = bytes.baseAddress, fairdial_read_ipv6(start, bytes.count, &high, &low) != 0 else {
            return nil
        }
        self.init(high: high, low: low)
    }

    /// Parses byte by byte: the oracle of what an address is, and of what is wrong with a text that is none.
    package init(plainly bytes: UnsafeBufferPointer<UInt8>) throws(AddressParseError) {
        var reading = IPv6Reading()
        try reading.read(bytes)
        let (high, low) = reading.address
        self.init(high: high, low: low)
    }
}

/// The state of reading one IPv6 address: groups shifted into 128 bits, and where the gap is.
@available(FairDial 0.1, *)
private struct IPv6Reading {
    /// Groups so far, the last in the lowest 16 bits.
    private var high: UInt64 = 0
    private var low: UInt64 = 0
    private var groups = 0
    /// How many groups stand before `::`.
    private var gap: Int?

    mutating func read(_ bytes: UnsafeBufferPointer<UInt8>) throws(AddressParseError) {
        let count = bytes.count
        guard count > 0 else { throw AddressParseError(.empty, at: 0) }
        var offset = 0
        if bytes[0] == UInt8(ascii: ":") {
            // A colon at the beginning is the first half of a gap.
            guard count > 1 else { throw AddressParseError(.truncated, at: 1) }
            guard bytes[1] == UInt8(ascii: ":") else { throw AddressParseError(.unexpectedByte(bytes[1]), at: 1) }
            gap = 0
            offset = 2
        }
        while offset < count {
            let start = offset
            var group: UInt32 = 0
            while offset < count, case let digit = hexadecimalDigit(bytes[offset]), digit < 16 {
                if offset - start == 4 { throw AddressParseError(.groupTooLong, at: offset) }
                group = group << 4 | UInt32(digit)
                offset &+= 1
            }
            if offset < count, bytes[offset] == UInt8(ascii: "."), offset > start {
                try readTail(bytes, from: start, dot: offset)
                return
            }
            guard offset > start else { throw AddressParseError(.unexpectedByte(bytes[offset]), at: offset) }
            guard groups < room else { throw AddressParseError(.gapWithoutRoom, at: start) }
            push(group)
            guard offset < count else { break }
            guard bytes[offset] == UInt8(ascii: ":") else {
                throw AddressParseError(.unexpectedByte(bytes[offset]), at: offset)
            }
            let startsGap = offset + 1 < count && bytes[offset + 1] == UInt8(ascii: ":")
            guard groups < room else {
                throw AddressParseError(gap != nil || startsGap ? .gapWithoutRoom : .tooManyParts, at: offset)
            }
            offset &+= 1
            guard offset < count else { throw AddressParseError(.truncated, at: offset) }
            if startsGap {
                if gap != nil { throw AddressParseError(.secondGap, at: offset) }
                gap = groups
                offset &+= 1
            }
        }
        guard gap != nil || groups == 8 else { throw AddressParseError(.truncated, at: offset) }
    }

    /// How many groups may be written: a gap stands for at least one more (RFC 4291 §2.2).
    private var room: Int { gap == nil ? 8 : 7 }

    private mutating func push(_ group: UInt32) {
        high = high << 16 | low >> 48
        low = low << 16 | UInt64(group)
        groups &+= 1
    }

    /// Reads an IPv4 tail, the last two groups; `dot` is where it shows itself to be one.
    private mutating func readTail(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        dot: Int
    ) throws(AddressParseError) {
        guard groups <= room - 2 else {
            throw AddressParseError(gap == nil ? .tooManyParts : .gapWithoutRoom, at: dot)
        }
        guard gap != nil || groups == 6 else { throw AddressParseError(.unexpectedByte(bytes[dot]), at: dot) }
        let tail = try IPv4Address(utf8: bytes, from: start)
        push(tail.bits >> 16)
        push(tail.bits & 0xFFFF)
    }

    /// The address, with the zeros of the gap put in.
    var address: (high: UInt64, low: UInt64) {
        guard let gap else { return (high, low) }
        let after = (groups - gap) * 16
        let zeros = (8 - groups) * 16
        // What stands after the gap keeps its place at the low end; what stands before it moves up.
        let bits = UInt128(high) << 64 | UInt128(low)
        let tail = after == 0 ? 0 : bits & (UInt128.max >> UInt128(128 - after))
        let head = after == 128 ? 0 : bits >> UInt128(after)
        let moved = after + zeros == 128 ? 0 : head << UInt128(after + zeros)
        let whole = moved | tail
        return (UInt64(truncatingIfNeeded: whole >> 64), UInt64(truncatingIfNeeded: whole))
    }
}

/// What a byte is worth as a hexadecimal digit; 16 or more for none.
@available(FairDial 0.1, *)
@inline(__always)
private func hexadecimalDigit(_ byte: UInt8) -> UInt8 {
    let decimal = byte &- UInt8(ascii: "0")
    if decimal < 10 { return decimal }
    let letter = (byte | 0x20) &- UInt8(ascii: "a")
    return letter < 6 ? letter &+ 10 : 255
}
