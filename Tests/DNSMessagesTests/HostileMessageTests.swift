// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import Testing

struct HostileMessageTests {
    private static let header: [UInt8] = [0, 1, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    private static let tail: [UInt8] = [0, 1, 0, 1]

    @Test(
        arguments: [
            ("a pointer to itself", [0xC0, 12], MessageError.Reason.badPointer, 12),
            ("a pointer ahead", [0xC0, 14, 1, 97, 0], .badPointer, 12),
            ("a pointer to its own label", [1, 97, 0xC0, 12], .badPointer, 14),
            ("a pointer into the header", [1, 97, 0xC0, 4], .badPointer, 14),
            ("a label of the kind 01", [0x41, 97], .badLabel, 12),
            ("a label of the kind 10", [0x81, 97], .badLabel, 12),
            ("half a pointer", [0xC0], .truncated, 13),
            ("a label cut short", [5, 97, 97], .truncated, 15),
            ("no end", [1, 97], .truncated, 14),
        ] as [(String, [UInt8], MessageError.Reason, Int)]
    )
    func `a name that leads nowhere is refused`(
        _ what: String,
        _ name: [UInt8],
        _ reason: MessageError.Reason,
        _ offset: Int
    ) {
        let bytes = Self.header + name
        let error = #expect(throws: MessageError.self) { try Message(bytes) }
        #expect(error == MessageError(reason, at: offset), "\(what)")
    }

    @Test func `pointers that go back and forth are refused, however many there are`() throws {
        // The second question points to the first one's pointer's place and so on: each goes back, which is fine …
        var header = Self.header
        header[5] = 3
        let fine: [UInt8] =
            header + [1, 97, 0] + Self.tail + [1, 98, 0xC0, 12] + Self.tail + [1, 99, 0xC0, 19] + Self.tail
        let names = try Message(fine).questions.map { "\($0.name)" }
        #expect(names == ["a", "b.a", "c.b.a"])
        // … but a label that runs over the pointer which brought us there does not end.
        var bomb = fine
        bomb[12] = 30
        #expect(throws: MessageError.self) { try Message(bomb) }
    }

    @Test func `a name that pointers make too long is refused`() throws {
        var bytes = Self.header
        bytes[5] = 5
        var previous = 0
        for index in 0..<5 {
            let start = bytes.count
            bytes += [63] + [UInt8](repeating: 97, count: 63)
            bytes += index == 0 ? [0] : [0xC0, UInt8(previous)]
            bytes += Self.tail
            previous = start
            if previous > 255 { break }
        }
        // The pointers' offsets fit a byte for the first four; the fourth name has 257 bytes.
        let error = #expect(throws: MessageError.self) { try Message(bytes) }
        #expect(error?.reason == .longName)
    }

    @Test func `every prefix of a message is refused, and none traps`() throws {
        let bytes = try Samples.message.bytes()
        for count in 0..<bytes.count {
            #expect(throws: MessageError.self) { try Message(Array(bytes.prefix(count))) }
        }
    }

    @Test func `records whose data are too long or too short are refused`() throws {
        let record: [UInt8] = [0, 0, 1, 0, 1, 0, 0, 0, 0]
        var header = Self.header
        header[5] = 0
        header[7] = 1
        for (length, data) in [(3, [1, 2, 3]), (5, [1, 2, 3, 4, 5]), (0, [])] as [(UInt8, [UInt8])] {
            let error = #expect(throws: MessageError.self) { try Message(header + record + [0, length] + data) }
            #expect(error?.reason == (length == 5 ? .badLength : .truncated))
        }
    }

    @Test func `a second OPT record, one elsewhere and one with a name are refused`() throws {
        let options = Record(name: .root, recordClass: RecordClass(rawValue: 512), timeToLive: 0, data: OPTRecord())
        var named = options
        named.name = Samples.name("a")
        let header = Header(identifier: 1)
        for message in [
            Message(header: header, additionals: [options, options]), Message(header: header, answers: [options]),
            Message(header: header, additionals: [named]),
        ] {
            let error = #expect(throws: MessageError.self) { try Message(message.bytes()) }
            #expect(error?.reason == .badOption)
        }
    }
}
