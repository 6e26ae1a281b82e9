// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution

/// What an answer with the code NOERROR or NXDOMAIN says to a question, as far as it can be read.
@available(FairDial 0.1, *)
struct AnswerReading: Sendable {
    /// What it says; with a fault, what could be read in spite of that, and perhaps nothing.
    private(set) var answer: ServerAnswer
    /// The OPT record, if there is one.
    private(set) var options: RecordInPlace?
    /// What is wrong with the OPT record: its owner is not the root, or there is a second one (RFC 6891 §6.1.1).
    private(set) var optionFault: QueryFailure.Cause?
    /// What is wrong with it; `nil` for nothing that matters.
    private(set) var fault: QueryFailure.Cause?
    /// Whether something stands among the answers that is none, so that some of the answers may stand elsewhere.
    private(set) var lacksSome = false

    private struct Alias {
        let owner: DomainName
        let target: DomainName
        let timeToLive: UInt32
    }

    /// Records by what they are for.
    private struct Records {
        // Mostly an answer is addresses of the question's own name: these are read as they are met.
        var addresses: [IPAddress] = []
        var addressLifetime = UInt32(Int32.max)
        var wanted: [RecordInPlace] = []
        /// Those of the right type and another class, at which the C library does not look.
        var ofOtherClass: [RecordInPlace] = []
        var aliases: [Alias] = []
        var negative: UInt32?
        /// Of the first that cannot be read.
        var error: MessageError?
    }

    /// More aliases than this lead nowhere (a hundred are a test's; a dozen are a zone's).
    private static let longestChain = 128

    /// An answer that has been read already.
    init(answer: ServerAnswer) {
        self.answer = answer
    }

    /// The OPT record alone, past which all others are skipped: of a flood nothing else is worth a look.
    ///
    /// - Parameter reader: stands behind the question.
    static func options(in reader: MessageReader) -> RecordInPlace? {
        var reader = reader
        while let place = try? reader.nextRecord() {
            if place.type == .opt, place.section == .additional { return place }
        }
        return nil
    }

    /// - Parameter reader: stands behind the question.
    init(_ reader: inout MessageReader, to question: Question) {
        answer = ServerAnswer(content: .noData, isAuthentic: reader.header.isAuthenticData)
        var records = Records()
        var section = MessageReader.Section.answer
        do throws(MessageError) {
            while let place = try reader.nextRecord() {
                section = place.section
                do throws(MessageError) {
                    try read(place, question, &reader, &records)
                } catch {
                    // One record that breaks its type's rules says nothing of the others.
                    records.error = records.error ?? error
                }
            }
        } catch {
            // What comes after the answers is of no use to an answer that has some, and the C library does not look at
            // it.
            let areAnswersRead = section != .answer || reader.isAtEnd(of: .answer)
            let hasAnswers = !records.addresses.isEmpty || !records.wanted.isEmpty
            if !areAnswersRead || !hasAnswers { records.error = records.error ?? error }
        }
        conclude(records, question, &reader)
    }

    /// A time to live with its highest bit set is none (RFC 2181 §8).
    private static func lifetime(_ timeToLive: UInt32) -> UInt32 {
        timeToLive > UInt32(Int32.max) ? 0 : timeToLive
    }

    private mutating func read(
        _ place: RecordInPlace,
        _ question: Question,
        _ reader: inout MessageReader,
        _ records: inout Records
    ) throws(MessageError) {
        if place.type == .opt, place.section == .additional {
            if options != nil || reader.bytes[place.start] != 0 {
                optionFault = .malformed(MessageError(.badOption, at: place.start))
            }
            options = options ?? place
            return
        }
        if place.type == .opt, place.section == .answer { lacksSome = true }
        guard place.recordClass == question.recordClass else {
            if place.section == .answer, place.type == question.type { records.ofOtherClass.append(place) }
            return
        }
        switch place.section {
        case .answer where place.type == question.type || question.type == .any:
            // One that cannot be read is kept with the others: `content` says what is wrong with it.
            if records.wanted.isEmpty, records.aliases.isEmpty, reader.pointsToQuestion(place),
                let address = try? Self.address(in: place, question.type, reader)
            {
                records.addresses.append(address)
                records.addressLifetime = min(records.addressLifetime, Self.lifetime(place.timeToLive))
            } else {
                records.wanted.append(place)
            }
        case .answer where place.type == .cname:
            // From here on names are kept.
            if records.aliases.isEmpty { reader.restoreQuestion(question.name) }
            let target = try reader.data(of: place, as: CNAMERecord.self).canonicalName
            let owner = try reader.name(of: place)
            records.aliases.append(Alias(owner: owner, target: target, timeToLive: Self.lifetime(place.timeToLive)))
        case .authority where place.type == .soa:
            let start = try reader.data(of: place, as: SOARecord.self)
            records.negative = min(Self.lifetime(place.timeToLive), Self.lifetime(start.minimum))
        default: return
        }
    }

    private mutating func conclude(_ records: Records, _ question: Question, _ reader: inout MessageReader) {
        var timeToLive = UInt32(Int32.max)
        guard let name = Self.follow(records.aliases, from: question.name, &timeToLive) else {
            fault = .endlessAliases
            takeStrangers(records, question, reader)
            return
        }
        answer.timeToLive = records.negative.map { min($0, timeToLive) }
        answer.canonicalName = records.aliases.isEmpty ? nil : name
        if let error = records.error { fault = .malformed(error) }
        if reader.header.responseCode == .nameError {
            answer.content = .nameError
            return
        }
        let isOwnName = name == question.name
        if records.wanted.isEmpty, !records.addresses.isEmpty, isOwnName {
            answer.content = .addresses(records.addresses)
            answer.timeToLive = min(timeToLive, records.addressLifetime)
            return
        }
        var broken: MessageError?
        let content = Self.content(
            of: records.wanted,
            behind: isOwnName ? records.addresses : [],
            named: records.aliases.isEmpty ? nil : name,
            question,
            &reader,
            &timeToLive,
            &broken
        )
        if let broken { fault = .malformed(broken) }
        if let content {
            answer.content = content
            answer.timeToLive = isOwnName ? min(timeToLive, records.addressLifetime) : timeToLive
            return
        }
        if !records.aliases.isEmpty, !isOwnName, records.negative == nil, fault == nil {
            answer.content = .alias(name)
            answer.timeToLive = timeToLive
        } else if records.aliases.isEmpty, reader.count(of: .answer) > 0 {
            // Answers are announced, and there is none to this question: that is no word that there are none.
            fault = fault ?? .unusable
            // Where a record of the name itself cannot be read, another name's are no substitute.
            if broken == nil { takeStrangers(records, question, reader) }
        }
    }

    /// Addresses of the right type under another name or of another class, which the C library takes without a look at
    /// either.
    private mutating func takeStrangers(_ records: Records, _ question: Question, _ reader: MessageReader) {
        let addresses = (records.wanted + records.ofOtherClass).compactMap { place -> IPAddress? in
            guard (try? reader.name(of: place)) != nil else { return nil }
            return (try? Self.address(in: place, question.type, reader)) ?? nil
        }
        guard !addresses.isEmpty else { return }
        answer.content = .addresses(addresses)
        answer.timeToLive = 0
    }

    /// The name at the end of the aliases; `nil` when there is none.
    private static func follow(_ aliases: [Alias], from name: DomainName, _ timeToLive: inout UInt32) -> DomainName? {
        if aliases.isEmpty { return name }
        let byOwner = Dictionary(aliases.map { ($0.owner, $0) }) { first, _ in first }
        var name = name
        for _ in 0...longestChain {
            guard let alias = byOwner[name] else { return name }
            timeToLive = min(timeToLive, alias.timeToLive)
            name = alias.target
        }
        return nil
    }

    /// What the records of the name have; `broken` is why one of them cannot be read.
    private static func content(
        of wanted: [RecordInPlace],
        behind first: [IPAddress],
        named alias: DomainName?,
        _ question: Question,
        _ reader: inout MessageReader,
        _ timeToLive: inout UInt32,
        _ broken: inout MessageError?
    ) -> ServerAnswer.Content? {
        var addresses = first
        var records: [Record] = []
        let name = alias ?? question.name
        if question.type != .a, question.type != .aaaa { reader.restoreQuestion(question.name) }
        for place in wanted {
            do throws(MessageError) {
                if alias != nil || !reader.pointsToQuestion(place) {
                    guard try reader.isName(of: place, name) else { continue }
                }
                if let address = try address(in: place, question.type, reader) {
                    addresses.append(address)
                } else {
                    records.append(try reader.record(place))
                }
                timeToLive = min(timeToLive, lifetime(place.timeToLive))
            } catch {
                // One record that breaks its type's rules says nothing of the others.
                broken = broken ?? error
            }
        }
        if !addresses.isEmpty { return .addresses(addresses) }
        return records.isEmpty ? nil : .records(records)
    }

    /// The address that a record has, where it is of a type that has one.
    private static func address(
        in place: RecordInPlace,
        _ type: RecordType,
        _ reader: MessageReader
    ) throws(MessageError) -> IPAddress? {
        switch type {
        case .a: .v4(try reader.data(of: place, as: ARecord.self).address)
        case .aaaa: .v6(try reader.data(of: place, as: AAAARecord.self).address, zone: nil)
        default: nil
        }
    }
}
