// SPDX-License-Identifier: Apache-2.0

import DNSMessages

/// A query as bytes (RFC 1035 §4.1), with what makes it hard to guess.
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
        var bytes: [UInt8] = []
        let optionLength = cookies.isEmpty ? 0 : 4 + cookies.count
        nameLength = question.name.wire.count
        bytes.reserveCapacity(Header.length + Self.length(of: question) + Self.optionsLength + optionLength)
        var header = Header(identifier: identifier)
        header.wantsRecursion = true
        header.isAuthenticData = wantsAuthenticData
        bytes.append(UInt8(header.identifier >> 8))
        bytes.append(UInt8(header.identifier & 0xFF))
        bytes.append(UInt8(header.bits >> 8))
        bytes.append(UInt8(header.bits & 0xFF))
        // One question, no answer, no authority, and perhaps an OPT record.
        for count: UInt8 in [1, 0, 0, datagramSize == nil ? 0 : 1] {
            bytes.append(0)
            bytes.append(count)
        }
        bytes += question.name.wire
        for number in [question.type.rawValue, question.recordClass.rawValue] {
            bytes.append(UInt8(number >> 8))
            bytes.append(UInt8(number & 0xFF))
        }
        if let datagramSize {
            bytes.append(0)
            for number in [RecordType.opt.rawValue, datagramSize, 0, 0, UInt16(optionLength)] {
                bytes.append(UInt8(number >> 8))
                bytes.append(UInt8(number & 0xFF))
            }
            if !cookies.isEmpty {
                for number in [Self.cookieCode, UInt16(cookies.count)] {
                    bytes.append(UInt8(number >> 8))
                    bytes.append(UInt8(number & 0xFF))
                }
                bytes += cookies
            }
        }
        self.bytes = bytes
    }

    /// How many bytes a question has on the wire: name, type, class.
    static func length(of question: Question) -> Int {
        question.name.wire.count + 4
    }

    /// Gives each letter of the name a random case (draft-vixie-dnsext-dns0x20), the first 128 of them: as many bits as there are.
    mutating func mixCase(random: (UInt64, UInt64)) {
        var (random, more) = random
        var bitsLeft = 64
        bytes.withUnsafeMutableBufferPointer { [nameLength] bytes in
            // A label's length is below every letter.
            for index in Header.length..<Header.length + nameLength where (bytes[index] | 0x20) &- 0x61 < 26 {
                if bitsLeft == 0 {
                    (random, more) = (more, 0)
                    bitsLeft = 64
                }
                if random & 1 == 1 { bytes[index] ^= 0x20 }
                random >>= 1
                bitsLeft -= 1
            }
        }
    }

    /// How many letters a name has, each of them one bit to guess.
    static func letterCount(of name: DomainName) -> Int {
        name.wire.count { ($0 | 0x20) &- 0x61 < 26 }
    }
}
