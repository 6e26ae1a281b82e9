// SPDX-License-Identifier: Apache-2.0

/// A whole message, every part decoded.
@available(FairDial 0.1, *)
public struct Message: Hashable, Sendable {
    /// Identifier and flags.
    public var header: Header
    /// What is asked for.
    public var questions: [Question]
    /// The answer section.
    public var answers: [Record]
    /// The authority section.
    public var authorities: [Record]
    /// The additional section.
    public var additionals: [Record]

    /// A message from its parts.
    public init(
        header: Header,
        questions: [Question] = [],
        answers: [Record] = [],
        authorities: [Record] = [],
        additionals: [Record] = []
    ) {
        self.header = header
        self.questions = questions
        self.answers = answers
        self.authorities = authorities
        self.additionals = additionals
    }

    /// Reads a message whole; bytes after its last record are left alone.
    ///
    /// - Throws: `MessageError` for the first thing that cannot be read.
    public init(_ bytes: [UInt8]) throws(MessageError) {
        var reader = try MessageReader(bytes)
        self.init(header: reader.header)
        while let question = try reader.nextQuestion() { questions.append(question) }
        var hasOptions = false
        while let place = try reader.nextRecord() {
            if place.type == .opt {
                // One at most, in the additional section, of the root (RFC 6891 §6.1.1).
                guard !hasOptions, place.section == .additional, try reader.isName(of: place, .root) else {
                    throw MessageError(.badOption, at: place.start)
                }
                hasOptions = true
            }
            let record = try reader.record(place)
            switch place.section {
            case .answer: answers.append(record)
            case .authority: authorities.append(record)
            case .additional: additionals.append(record)
            }
        }
    }

    /// The message as bytes.
    ///
    /// - Throws: `MessageError` with the reason `tooLarge`.
    public func bytes() throws(MessageError) -> [UInt8] {
        var writer = MessageWriter(header)
        for question in questions { writer.add(question) }
        for record in answers { writer.add(record, to: .answer) }
        for record in authorities { writer.add(record, to: .authority) }
        for record in additionals { writer.add(record, to: .additional) }
        return try writer.finished()
    }

    /// The response code, the OPT record's part of it included.
    public var responseCode: ResponseCode {
        let options = additionals.first { $0.type == .opt }
        let high = options.map { UInt16($0.timeToLive >> 24) } ?? 0
        return ResponseCode(rawValue: high << 4 | header.responseCode.rawValue)
    }
}
