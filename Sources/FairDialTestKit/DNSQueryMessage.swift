// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NIOCore

/// A query as a stub resolver sends it (RFC 1035 §4.1): a header, one question, and what may follow, which is ignored.
@available(FairDial 0.1, *)
struct DNSQueryMessage {
    let query: DNSServer.Query
    private let identifier: UInt16
    private let wantsRecursion: Bool
    /// The question's bytes, which the answer repeats as they are.
    private let question: ByteBuffer
    private let whole: ByteBuffer

    private static let headerLength = 12
    private static let typeA: UInt16 = 1
    private static let typeAAAA: UInt16 = 28
    private static let classInternet: UInt16 = 1

    /// - Returns: `nil` for anything but a query with one question.
    init?(_ whole: ByteBuffer) {
        var packet = whole
        guard let header = packet.readMultipleIntegers(as: (UInt16, UInt16, UInt16, UInt16, UInt16, UInt16).self) else {
            return nil
        }
        let isResponse = header.1 & 0x8000 != 0
        guard !isResponse, header.2 == 1 else { return nil }
        let start = packet.readerIndex
        var labels: [String] = []
        var length = 0
        while let count = packet.readInteger(as: UInt8.self), count > 0 {
            // A query's only name has nothing to point back to, so a label of 64 or more is a compression pointer or
            // worse.
            length += Int(count) + 1
            guard count < 64, length < 255, let label = packet.readString(length: Int(count)) else { return nil }
            labels.append(label.lowercased())
        }
        guard let (type, kind) = packet.readMultipleIntegers(as: (UInt16, UInt16).self), kind == Self.classInternet,
            let question = whole.getSlice(at: start, length: packet.readerIndex - start)
        else { return nil }
        identifier = header.0
        wantsRecursion = header.1 & 0x0100 != 0
        self.question = question
        self.whole = whole
        query = DNSServer.Query(name: labels.joined(separator: "."), type: RecordType(rawValue: type))
    }

    /// The packet that answers; `nil` for silence.
    func answer(_ reply: DNSServer.Reply, allocator: ByteBufferAllocator) -> ByteBuffer? {
        let code: UInt16
        var addresses: [IPAddress] = []
        switch reply {
        case .silence: return nil
        case .nameNotFound: code = 3
        case .serverFailure: code = 2
        case .records(let records): return answer(records, allocator: allocator)
        case .addresses(let all):
            code = 0
            addresses = all.filter { $0.family == query.family }
        }
        var packet = allocator.buffer(capacity: Self.headerLength + question.readableBytes + addresses.count * 28)
        let isResponse: UInt16 = 0x8000
        let isRecursive: UInt16 = 0x0080 | (wantsRecursion ? 0x0100 : 0)
        packet.writeMultipleIntegers(
            identifier,
            isResponse | isRecursive | code,
            UInt16(1),
            UInt16(addresses.count),
            UInt16(0),
            UInt16(0)
        )
        packet.writeImmutableBuffer(question)
        for address in addresses { Self.write(address, to: &packet) }
        return packet
    }

    /// An answer of any records, written by the codec; `nil` where they do not fit into a message.
    private func answer(_ records: [Record], allocator: ByteBufferAllocator) -> ByteBuffer? {
        guard let asked = try? Message(Array(whole.readableBytesView)) else { return nil }
        let isResponse: UInt16 = 0x8000
        let isRecursive: UInt16 = 0x0080 | (wantsRecursion ? 0x0100 : 0)
        let header = Header(identifier: identifier, bits: isResponse | isRecursive)
        let message = Message(header: header, questions: asked.questions, answers: records)
        return (try? message.bytes()).map { allocator.buffer(bytes: $0) }
    }

    private static func write(_ address: IPAddress, to packet: inout ByteBuffer) {
        let pointerToQuestion: UInt16 = 0xC000 | UInt16(headerLength)
        let timeToLive: UInt32 = 60
        switch address {
        case .v4(let bits):
            packet.writeMultipleIntegers(pointerToQuestion, typeA, classInternet, timeToLive, UInt16(4), bits.bits)
        case .v6(let bits, _):
            packet.writeMultipleIntegers(pointerToQuestion, typeAAAA, classInternet, timeToLive, UInt16(16))
            packet.writeMultipleIntegers(bits.high, bits.low)
        }
    }
}
