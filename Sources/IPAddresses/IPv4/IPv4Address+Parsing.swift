// SPDX-License-Identifier: Apache-2.0

import CAddressText

@available(FairDial 0.1, *)
extension IPv4Address {
    /// Parses dotted decimal, four octets, and nothing else.
    ///
    /// `inet_aton` forms ("127.1", "0x7f.1") are refused here; `GetAddrInfo` reads those.
    /// - Throws: `AddressParseError`, naming the first byte that cannot be accepted.
    public init(_ text: String) throws(AddressParseError) {
        if case .some(.some(let address)) = text.utf8.withContiguousStorageIfAvailable({ IPv4Address(swiftly: $0) }) {
            self = address
            return
        }
        self = try IPv4Address.read(text)
    }

    /// Parses dotted decimal from any kind of text.
    public init(_ text: some StringProtocol) throws(AddressParseError) {
        self = try UTF8Reading.read(text) { bytes throws(AddressParseError) in try IPv4Address(utf8: bytes) }
    }

    /// Parses dotted decimal from bytes, which need not be valid UTF-8 and need no NUL behind them.
    public init(utf8 bytes: UnsafeBufferPointer<UInt8>) throws(AddressParseError) {
        if let address = IPv4Address(swiftly: bytes) {
            self = address
        } else {
            try self.init(plainly: bytes)
        }
    }

    /// Not inlined, so that the fast path stays small.
    @inline(never)
    private static func read(_ text: String) throws(AddressParseError) -> IPv4Address {
        try UTF8Reading.read(text) { bytes throws(AddressParseError) in try IPv4Address(utf8: bytes) }
    }

    /// Parses with vector instructions; `nil` leaves it to the plain reader, which also knows what is wrong.
    @usableFromInline
    package init?(swiftly bytes: UnsafeBufferPointer<UInt8>) {
        var bits: UInt32 = 0
        guard let start = bytes.baseAddress, fairdial_read_ipv4(start, bytes.count, &bits) != 0 else { return nil }
        self.init(bits: bits)
    }

    /// Parses byte by byte: the oracle of what an address is, and of what is wrong with a text that is none.
    package init(plainly bytes: UnsafeBufferPointer<UInt8>) throws(AddressParseError) {
        try self.init(utf8: bytes, from: 0)
    }

    /// Parses dotted decimal from the byte at `start` to the last.
    init(utf8 bytes: UnsafeBufferPointer<UInt8>, from start: Int) throws(AddressParseError) {
        guard start < bytes.count else { throw AddressParseError(start == 0 ? .empty : .truncated, at: start) }
        var bits: UInt32 = 0
        var octet: UInt32 = 0
        var digits = 0
        var dots = 0
        var offset = start
        while offset < bytes.count {
            let byte = bytes[offset]
            let digit = byte &- UInt8(ascii: "0")
            if digit <= 9 {
                // "010" is 8 to inet_aton and 10 to others, so it is nothing here (RFC 6943 §3.1.1).
                if digits > 0, octet == 0 { throw AddressParseError(.leadingZero, at: offset) }
                octet = octet &* 10 &+ UInt32(digit)
                if octet > 255 { throw AddressParseError(.octetOutOfRange, at: offset) }
                digits &+= 1
            } else if byte == UInt8(ascii: "."), digits > 0 {
                if dots == 3 { throw AddressParseError(.tooManyParts, at: offset) }
                bits = bits << 8 | octet
                octet = 0
                digits = 0
                dots &+= 1
            } else {
                throw AddressParseError(.unexpectedByte(byte), at: offset)
            }
            offset &+= 1
        }
        guard dots == 3, digits > 0 else { throw AddressParseError(.truncated, at: offset) }
        self.init(bits: bits << 8 | octet)
    }
}
