// SPDX-License-Identifier: Apache-2.0

import DNSMessages

/// A query as bytes (RFC 1035 §4.1), with what makes it hard to guess.
@available(FairDial 0.1, *)
struct QueryMessage: Sendable {
    /// All of it.
    private(set) var bytes: [UInt8]

    private let nameLength: Int

    private static let optionsLength = 11
    private static let cookieCode = OPTRecord.Option.cookieCode

    /// - Parameters:
    ///   - question: what to ask for.
    ///   - identifier: pairs the answer with it.
    ///   - datagramSize: the largest answer to announce; `nil` to send no OPT record.
    ///   - cookies: the client's, and the server's after it if there is one; empty for none.
    init(
        _ question: Question,
        identifier: UInt16,
        datagramSize: UInt16?,
        cookies: [UInt8],
        wantsAuthenticData: Bool
    ) {
        nameLength = question.name.wire.count
        let optionLength = cookies.isEmpty ? 0 : 4 + cookies.count
        let length =
            Header.length + Self.length(of: question) + (datagramSize == nil ? 0 : Self.optionsLength + optionLength)
        var header = Header(identifier: identifier)
        header.wantsRecursion = true
        header.isAuthenticData = wantsAuthenticData
        bytes = Array(unsafeUninitializedCapacity: length) { buffer, count in
            var writer = Writer(buffer)
            writer.number(header.identifier)
            writer.number(header.bits)
            // One question, no answer, no authority, and perhaps an OPT record.
            writer.number(1)
            writer.number(0)
            writer.number(0)
            writer.number(datagramSize == nil ? 0 : 1)
            writer.bytes(question.name.wire)
            writer.number(question.type.rawValue)
            writer.number(question.recordClass.rawValue)
            if let datagramSize {
                // The root, the type, the size for a class, no further bits of the code and no flags (RFC 6891 §6.1.2).
                writer.byte(0)
                writer.number(RecordType.opt.rawValue)
                writer.number(datagramSize)
                writer.number(0)
                writer.number(0)
                writer.number(UInt16(optionLength))
                if !cookies.isEmpty {
                    writer.number(Self.cookieCode)
                    writer.number(UInt16(cookies.count))
                    writer.bytes(cookies)
                }
            }
            count = writer.count
        }
    }

    /// Fills a buffer that has room for it.
    private struct Writer {
        private let buffer: UnsafeMutableBufferPointer<UInt8>
        private(set) var count = 0

        init(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
            self.buffer = buffer
        }

        mutating func byte(_ byte: UInt8) {
            buffer.initializeElement(at: count, to: byte)
            count += 1
        }

        mutating func number(_ number: UInt16) {
            byte(UInt8(number >> 8))
            byte(UInt8(truncatingIfNeeded: number))
        }

        mutating func bytes(_ bytes: [UInt8]) {
            let room = UnsafeMutableBufferPointer(rebasing: buffer[count...])
            _ = room.initialize(fromContentsOf: bytes)
            count += bytes.count
        }
    }

    /// How many bytes a question has on the wire: name, type, class.
    static func length(of question: Question) -> Int {
        question.name.wire.count + 4
    }

    /// Gives each letter of the name a random case (draft-vixie-dnsext-dns0x20), the first 128 of them: as many bits as
    /// there are.
    ///
    /// At least one letter is turned: a spelling that happens to be the given one would show nothing of how the server
    /// takes others.
    mutating func mixCase(random: (UInt64, UInt64)) {
        var (random, more) = random
        var bitsLeft = 64
        bytes.withUnsafeMutableBufferPointer { [nameLength] bytes in
            var lastLetter: Int?
            var hasTurned = false
            // A label's length is below every letter.
            for index in Header.length..<Header.length + nameLength where (bytes[index] | 0x20) &- 0x61 < 26 {
                if bitsLeft == 0 {
                    (random, more) = (more, 0)
                    bitsLeft = 64
                }
                if random & 1 == 1 {
                    bytes[index] ^= 0x20
                    hasTurned = true
                }
                lastLetter = index
                random >>= 1
                bitsLeft -= 1
            }
            if !hasTurned, let lastLetter { bytes[lastLetter] ^= 0x20 }
        }
    }

    /// Whether a name has more than one label: the few that have one are a network's own, and some servers compare
    /// those byte by byte.
    static func hasSeveralLabels(_ name: DomainName) -> Bool {
        let first = Int(name.wire[0])
        return first > 0 && name.wire[first + 1] > 0
    }

    /// How many letters a name has, each of them one bit to guess.
    static func letterCount(of name: DomainName) -> Int {
        name.wire.count { ($0 | 0x20) &- 0x61 < 26 }
    }
}
