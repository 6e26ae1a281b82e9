// SPDX-License-Identifier: Apache-2.0

/// Writes a message: header, questions, then records section by section (RFC 1035 §4.1).
@available(FairDial 0.1, *)
public struct MessageWriter: Sendable {
    private var bytes: [UInt8]
    private var counts: [UInt16] = [0, 0, 0, 0]
    /// Where names that may be pointed to begin.
    private var names: [Int] = []
    private var isTooLarge = false

    private static let largest = 65_535
    /// A pointer has 14 bits.
    private static let farthest = 0x3FFF

    /// Begins a message.
    public init(_ header: Header) {
        bytes = [
            UInt8(header.identifier >> 8), UInt8(header.identifier & 0xFF), UInt8(header.bits >> 8),
            UInt8(header.bits & 0xFF), 0, 0, 0, 0, 0, 0, 0, 0,
        ]
    }

    /// Adds a question. Questions come before every record.
    public mutating func add(_ question: Question) {
        count(in: 0)
        compressedName(question.name)
        uint16(question.type.rawValue)
        uint16(question.recordClass.rawValue)
    }

    /// Adds a record. Sections come in their order.
    public mutating func add(_ record: Record, to section: MessageReader.Section) {
        count(in: section.rawValue)
        compressedName(record.name)
        uint16(record.type.rawValue)
        uint16(record.recordClass.rawValue)
        uint32(record.timeToLive)
        let length = bytes.count
        uint16(0)
        record.data.write(to: &self)
        let written = bytes.count - length - 2
        if written > Self.largest { isTooLarge = true }
        bytes[length] = UInt8(truncatingIfNeeded: written >> 8)
        bytes[length + 1] = UInt8(truncatingIfNeeded: written)
    }

    /// The message.
    ///
    /// - Throws: `MessageError` with the reason `tooLarge` where a count, a record or the whole does not fit 16 bits.
    public func finished() throws(MessageError) -> [UInt8] {
        guard !isTooLarge, bytes.count <= Self.largest else { throw MessageError(.tooLarge, at: bytes.count) }
        return bytes
    }

    private mutating func count(in section: Int) {
        if counts[section] == .max { isTooLarge = true } else { counts[section] += 1 }
        bytes[4 + 2 * section] = UInt8(counts[section] >> 8)
        bytes[5 + 2 * section] = UInt8(counts[section] & 0xFF)
    }
}

// MARK: - The parts of a record's data

@available(FairDial 0.1, *)
extension MessageWriter {
    /// One byte.
    public mutating func uint8(_ number: UInt8) {
        bytes.append(number)
    }

    /// Two bytes, the higher first.
    public mutating func uint16(_ number: UInt16) {
        bytes.append(UInt8(number >> 8))
        bytes.append(UInt8(number & 0xFF))
    }

    /// Four bytes, the highest first.
    public mutating func uint32(_ number: UInt32) {
        uint16(UInt16(number >> 16))
        uint16(UInt16(number & 0xFFFF))
    }

    /// Eight bytes, the highest first.
    public mutating func uint64(_ number: UInt64) {
        uint32(UInt32(number >> 32))
        uint32(UInt32(number & 0xFFFF_FFFF))
    }

    /// Bytes as they are.
    public mutating func raw(_ more: some Sequence<UInt8>) {
        bytes += more
    }

    /// A length byte and at most 255 bytes; more make the message too large.
    public mutating func characterString(_ text: some Collection<UInt8>) {
        guard let length = UInt8(exactly: text.count) else {
            isTooLarge = true
            return
        }
        bytes.append(length)
        bytes += text
    }

    /// A name as it is.
    public mutating func name(_ name: DomainName) {
        bytes += name.wire
    }

    /// A name whose end is replaced by a pointer to an earlier copy of the same labels, in the same case.
    ///
    /// For names of records, and in the data of the types of RFC 1035 alone (RFC 3597 §4).
    public mutating func compressedName(_ name: DomainName) {
        var position = 0
        while name.wire[position] > 0 {
            if let target = names.first(where: { stands(name.wire[position...], at: $0) }) {
                uint16(0xC000 | UInt16(target))
                return
            }
            if bytes.count <= Self.farthest { names.append(bytes.count) }
            let end = position + 1 + Int(name.wire[position])
            bytes += name.wire[position..<end]
            position = end
        }
        bytes.append(0)
    }

    /// Whether the name that begins at this offset has exactly these labels.
    private func stands(_ labels: ArraySlice<UInt8>, at start: Int) -> Bool {
        var place = start
        var position = labels.startIndex
        while place < bytes.count {
            if bytes[place] >= 0xC0 {
                guard place + 1 < bytes.count else { return false }
                place = Int(bytes[place] & 0x3F) << 8 | Int(bytes[place + 1])
                continue
            }
            let length = Int(bytes[place])
            guard labels[position] == bytes[place] else { return false }
            if length == 0 { return true }
            guard place + length < bytes.count,
                labels[position...position + length].elementsEqual(bytes[place...place + length])
            else { return false }
            place += 1 + length
            position += 1 + length
        }
        return false
    }
}
