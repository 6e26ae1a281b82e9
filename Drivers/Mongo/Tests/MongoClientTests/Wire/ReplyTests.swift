// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOCore
import Testing

@testable import MongoClient

@Suite struct `Answers on the wire` {
    /// All of the bytes at once.
    private static func outcome(of bytes: [UInt8], asked request: Int32? = 7) -> Result<BSONDocument?, WireError> {
        var reader = ReplyReader()
        var buffer = ByteBuffer(bytes: bytes)
        reader.append(&buffer)
        do throws(WireError) {
            return .success(try reader.next(to: request)?.document)
        } catch {
            return .failure(error)
        }
    }

    private static func code(of bytes: [UInt8], asked request: Int32? = 7) -> WireError.Code? {
        if case .failure(let error) = outcome(of: bytes, asked: request) { error.code } else { nil }
    }

    private static func header(_ length: Int32, _ answered: Int32 = 7, _ opcode: Int32 = 2013) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.writeMultipleIntegers(length, Int32(1), answered, opcode, endianness: .little)
        return Array(buffer.readableBytesView)
    }

    @Test func `an answer is read however it is cut`() throws {
        let document: BSONDocument = ["ok": 1.0, "n": 3]
        let bytes = WireServer.message(document, to: 7)
        for size in 1...bytes.count {
            var reader = ReplyReader()
            var answer: BSONDocument?
            for start in stride(from: 0, to: bytes.count, by: size) {
                #expect(answer == nil)
                var part = ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)])
                reader.append(&part)
                answer = try reader.next(to: 7)?.document
            }
            #expect(answer == document)
            #expect(!reader.isInMessage)
        }
    }

    @Test func `the answer to the first hello is an old one`() throws {
        let document: BSONDocument = ["ok": 1.0]
        #expect(Self.outcome(of: WireServer.oldReply(document, to: 7)) == .success(document))
    }

    @Test(arguments: [-1, 0, 15, 20, 48_000_001, Int32.max, Int32.min])
    func `a length that cannot be is refused at once`(_ length: Int32) {
        #expect(Self.code(of: Self.header(length)) == .invalidLength)
    }

    @Test(arguments: [0, 2004, 2012, 2014, -1] as [Int32])
    func `an opcode that is no answer's is refused before the rest has come`(_ opcode: Int32) {
        #expect(Self.code(of: Self.header(1_000, 7, opcode)) == .unknownOpcode)
    }

    @Test func `an answer to nobody is refused before the rest has come`() {
        #expect(Self.code(of: Self.header(1_000, 8)) == .unexpectedReply)
        #expect(Self.code(of: Self.header(1_000), asked: nil) == .unexpectedReply)
    }

    @Test func `a checksum is passed over`() {
        let document: BSONDocument = ["ok": 1.0]
        var bytes = WireServer.message(document, to: 7) + [1, 2, 3, 4]
        bytes[0] += 4
        bytes[16] = 1
        #expect(Self.outcome(of: bytes) == .success(document))
    }

    @Test func `flags that must be known are`() {
        var bytes = WireServer.message(["ok": 1.0], to: 7)
        bytes[16] = 4
        #expect(Self.code(of: bytes) == .invalidMessage)
        bytes[16] = 0
        bytes[18] = 1
        #expect(Self.code(of: bytes) == nil)
    }

    @Test func `sections that do not fill the message are refused`() {
        let whole = WireServer.message(["ok": 1.0], to: 7)
        var kind = whole
        kind[20] = 2
        #expect(Self.code(of: kind) == .invalidMessage)
        var short = whole
        short[21] -= 1
        #expect(Self.code(of: short) != nil)
        var long = whole
        long[21] += 1
        #expect(Self.code(of: long) == .invalidMessage)
    }

    @Test func `a document that is nested 1,000 deep is refused`() {
        var bytes: [UInt8] = [5, 0, 0, 0, 0]
        for _ in 0..<1_000 {
            let length = UInt32(bytes.count + 8)
            bytes = (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + [3, 0x61, 0] + bytes + [0]
        }
        var message = ByteBuffer()
        message.writeMultipleIntegers(Int32(21 + bytes.count), Int32(1), Int32(7), Int32(2013), endianness: .little)
        message.writeInteger(UInt32(0))
        message.writeInteger(UInt8(0))
        message.writeBytes(bytes)
        #expect(Self.code(of: Array(message.readableBytesView)) == .invalidDocument)
    }

    @Test func `any damaged byte gives an answer or an error, and never a trap`() {
        let whole = WireServer.message(["ok": 1.0, "a": ["b": [1, "x"]]], to: 7)
        for index in whole.indices {
            for bit in 0..<8 {
                var bytes = whole
                bytes[index] ^= 1 << bit
                _ = Self.outcome(of: bytes)
            }
        }
    }

    @Test func `one request at a time, and nothing that was not asked for`() {
        var exchange = WireExchange()
        var early = ByteBuffer(bytes: WireServer.message(["ok": 1.0], to: 1))
        let (isAsked, isAskedTwice) = (exchange.ask(1), exchange.ask(2))
        #expect(isAsked && !isAskedTwice)
        guard case .answered = exchange.received(&early) else { return #expect(Bool(false)) }
        var late = ByteBuffer(bytes: WireServer.message(["ok": 1.0], to: 1))
        guard case .failed(let error) = exchange.received(&late) else { return #expect(Bool(false)) }
        #expect(error.code == .unexpectedReply)
        let isAskedLater = exchange.ask(3)
        #expect(!isAskedLater)
    }

    @Test func `the end of the connection says whether an answer had begun`() {
        for (count, code) in [(0, WireError.Code.closed), (1, .closedInReply), (20, .closedInReply)] {
            var exchange = WireExchange()
            _ = exchange.ask(1)
            var part = ByteBuffer(bytes: WireServer.message(["ok": 1.0], to: 1).prefix(count))
            _ = exchange.received(&part)
            guard case .failed(let error) = exchange.closed() else { return #expect(Bool(false)) }
            #expect(error.code == code)
        }
    }
}
