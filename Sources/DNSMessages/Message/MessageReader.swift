// SPDX-License-Identifier: Apache-2.0

/// Goes through a message once, from its header to its last record, and decodes only what it is asked for (RFC 1035
/// §4.1).
///
/// Only what is asked for is copied, and no length or pointer is trusted: each is checked where it is used.
@available(FairDial 0.1, *)
public struct MessageReader: Sendable {
    /// The part of the message that a record stands in.
    public enum Section: Int, Hashable, Sendable, CaseIterable {
        case answer = 1
        case authority
        case additional
    }

    /// The whole message.
    public private(set) var bytes: [UInt8]

    /// The header.
    public let header: Header

    /// How many questions are announced.
    public let questionCount: Int

    /// How many records are announced in each section.
    private let recordCounts: (Int, Int, Int)

    private var questionsLeft: Int
    private var section = Section.answer
    private var recordsLeft: Int
    private var position = Header.length

    /// Begins a message.
    ///
    /// - Throws: `MessageError` where there is not even a header.
    public init(_ bytes: [UInt8]) throws(MessageError) {
        guard bytes.count >= Header.length else { throw MessageError(.truncated, at: bytes.count) }
        func number(_ offset: Int) -> UInt16 { UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1]) }
        self.bytes = bytes
        header = Header(identifier: number(0), bits: number(2))
        questionCount = Int(number(4))
        recordCounts = (Int(number(6)), Int(number(8)), Int(number(10)))
        questionsLeft = questionCount
        recordsLeft = recordCounts.0
    }

    /// How many records a section announces.
    public func count(of section: Section) -> Int {
        switch section {
        case .answer: recordCounts.0
        case .authority: recordCounts.1
        case .additional: recordCounts.2
        }
    }

    /// The next question; `nil` after the last one.
    public mutating func nextQuestion() throws(MessageError) -> Question? {
        guard questionsLeft > 0 else { return nil }
        var data = DataReader(bytes, position..<bytes.count)
        let name = try data.name()
        let (type, recordClass) = (try data.uint16(), try data.uint16())
        position = data.position
        questionsLeft -= 1
        return Question(
            name: name,
            type: RecordType(rawValue: type),
            recordClass: RecordClass(rawValue: recordClass)
        )
    }

    /// Passes the only question, if it is that of a query, byte for byte, the name's case included.
    ///
    /// - Parameters:
    ///   - query: a whole message, of one question.
    ///   - length: how many bytes its question has: name, type, class.
    public mutating func passQuestion(of query: [UInt8], length: Int) -> Bool {
        let end = Header.length + length
        guard questionCount == 1, questionsLeft == 1, bytes.count >= end, query.count >= end else { return false }
        let isSame = bytes.withUnsafeBufferPointer { bytes in
            query.withUnsafeBufferPointer { query in
                (Header.length..<end).allSatisfy { bytes[$0] == query[$0] }
            }
        }
        guard isSame else { return false }
        position = end
        questionsLeft = 0
        return true
    }

    /// Writes the question's name anew, in letters of another case, so that names which point to it have that case as
    /// well: a server repeats the case of a question, and callers want their own spelling, not the random one.
    ///
    /// - Parameter name: as it was passed, but for the case.
    public mutating func restoreQuestion(_ name: DomainName) {
        let end = Header.length + name.wire.count
        guard questionsLeft < questionCount, bytes.count >= end else { return }
        bytes.replaceSubrange(Header.length..<end, with: name.wire)
    }

    /// The next record, its data not looked into; `nil` after the last one. Questions that were not asked for are
    /// skipped.
    public mutating func nextRecord() throws(MessageError) -> RecordInPlace? {
        while questionsLeft > 0 { try skipQuestion() }
        while recordsLeft == 0 {
            guard let next = Section(rawValue: section.rawValue + 1) else { return nil }
            section = next
            recordsLeft = count(of: next)
        }
        let start = position
        var data = DataReader(bytes, position..<bytes.count)
        try data.skipName()
        let type = RecordType(rawValue: try data.uint16())
        let recordClass = RecordClass(rawValue: try data.uint16())
        let timeToLive = try data.uint32()
        let length = Int(try data.uint16())
        guard bytes.count - data.position >= length else { throw MessageError(.truncated, at: data.position) }
        position = data.position + length
        recordsLeft -= 1
        return RecordInPlace(
            section: section,
            start: start,
            type: type,
            recordClass: recordClass,
            timeToLive: timeToLive,
            data: position - length..<position
        )
    }

    private mutating func skipQuestion() throws(MessageError) {
        var data = DataReader(bytes, position..<bytes.count)
        try data.skipName()
        _ = try data.uint32()
        position = data.position
        questionsLeft -= 1
    }

    /// Whether every record that a section announces has been read.
    public func isAtEnd(of section: Section) -> Bool {
        self.section.rawValue > section.rawValue || self.section == section && recordsLeft == 0
    }

    /// Where the next question or record begins; after the last record, how many bytes belong to the message.
    public var offset: Int { position }
}

@available(FairDial 0.1, *)
extension MessageReader {
    /// The name of a record.
    ///
    /// - Throws: `MessageError` where its compression leads nowhere.
    public func name(of record: RecordInPlace) throws(MessageError) -> DomainName {
        var data = DataReader(bytes, record.start..<bytes.count)
        return try data.name()
    }

    /// Whether a record has this name; ASCII case does not matter.
    ///
    /// - Throws: `MessageError` where its compression leads nowhere.
    public func isName(of record: RecordInPlace, _ name: DomainName) throws(MessageError) -> Bool {
        try NameDecoder.isName(at: record.start, in: bytes, name)
    }

    /// Whether a record's name is a pointer to the question's, as it mostly is. Where it is not, it may be the same
    /// name in letters.
    public func pointsToQuestion(_ record: RecordInPlace) -> Bool {
        // 14 bits after two ones: the question comes right after the header (RFC 1035 §4.1.4).
        bytes[record.start] == 0xC0 && bytes[record.start + 1] == UInt8(Header.length)
    }

    /// The record's data as this type.
    ///
    /// - Throws: `MessageError` where the data breaks the type's rules.
    public func data<Data: RecordData>(of record: RecordInPlace, as: Data.Type) throws(MessageError) -> Data {
        var reader = DataReader(bytes, record.data)
        let data = try Data(reading: &reader)
        guard reader.isAtEnd else { throw MessageError(.badLength, at: reader.position) }
        return data
    }

    /// The record with its name and data, of whatever type.
    ///
    /// - Throws: `MessageError` where either breaks a rule.
    public func record(_ record: RecordInPlace) throws(MessageError) -> Record {
        var reader = DataReader(bytes, record.data)
        let data: any RecordData
        if let known = RecordTypes.known[record.type] {
            data = try known.init(reading: &reader)
            guard reader.isAtEnd else { throw MessageError(.badLength, at: reader.position) }
        } else {
            data = UnknownRecord(type: record.type, bytes: reader.rest())
        }
        return Record(
            name: try name(of: record),
            recordClass: record.recordClass,
            timeToLive: record.timeToLive,
            data: data
        )
    }
}
