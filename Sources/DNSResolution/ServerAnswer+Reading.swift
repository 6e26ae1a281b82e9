// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses
import NameResolution

extension ServerAnswer {
    /// Why an answer says nothing.
    enum Refusal: Error, Hashable {
        /// It cannot be read.
        case malformed(MessageError)
        /// Its aliases go round in a circle, or there are more than anybody has for a reason.
        case endlessAliases
    }

    private struct Alias {
        let owner: DomainName
        let target: DomainName
        let timeToLive: UInt32
    }

    /// More aliases than this lead nowhere (a hundred are a test's; a dozen are a zone's).
    private static let longestChain = 128

    /// A time to live with its highest bit set is none (RFC 2181 §8).
    private static func lifetime(_ timeToLive: UInt32) -> UInt32 {
        timeToLive > UInt32(Int32.max) ? 0 : timeToLive
    }

    /// Reads what an answer with the code NOERROR or NXDOMAIN says to a question.
    ///
    /// - Parameter reader: stands behind the question.
    /// - Returns: the answer, and the OPT record if there is one.
    static func reading(
        _ reader: inout MessageReader,
        to question: Question
    ) -> Result<(answer: ServerAnswer, options: RecordInPlace?), Refusal> {
        do throws(MessageError) {
            return try read(&reader, to: question)
        } catch {
            return .failure(.malformed(error))
        }
    }

    private static func read(
        _ reader: inout MessageReader,
        to question: Question
    ) throws(MessageError) -> Result<(answer: ServerAnswer, options: RecordInPlace?), Refusal> {
        // Mostly an answer is addresses of the question's own name: these are read as they are met.
        var addresses: [IPAddress] = []
        var addressLifetime = UInt32(Int32.max)
        var wanted: [RecordInPlace] = []
        var aliases: [Alias] = []
        var negative: UInt32?
        var options: RecordInPlace?
        while let place = try reader.nextRecord() {
            if place.type == .opt, place.section == .additional {
                options = place
                continue
            }
            guard place.recordClass == question.recordClass else { continue }
            switch place.section {
            case .answer where place.type == question.type || question.type == .any:
                if wanted.isEmpty, aliases.isEmpty, reader.pointsToQuestion(place),
                    let address = try address(in: place, question.type, reader)
                {
                    addresses.append(address)
                    addressLifetime = min(addressLifetime, lifetime(place.timeToLive))
                } else {
                    wanted.append(place)
                }
            case .answer where place.type == .cname:
                // From here on names are kept.
                if aliases.isEmpty { reader.restoreQuestion(question.name) }
                aliases.append(
                    Alias(
                        owner: try reader.name(of: place),
                        target: try reader.data(of: place, as: CNAMERecord.self).canonicalName,
                        timeToLive: lifetime(place.timeToLive)
                    )
                )
            case .authority where place.type == .soa:
                let start = try reader.data(of: place, as: SOARecord.self)
                negative = min(lifetime(place.timeToLive), lifetime(start.minimum))
            default: continue
            }
        }
        var timeToLive = UInt32(Int32.max)
        guard let name = follow(aliases, from: question.name, &timeToLive) else { return .failure(.endlessAliases) }
        var answer = ServerAnswer(
            content: .noData,
            timeToLive: negative.map { min($0, timeToLive) },
            canonicalName: aliases.isEmpty ? nil : name,
            isAuthentic: reader.header.isAuthenticData
        )
        if reader.header.responseCode == .nameError {
            answer.content = .nameError
        } else if wanted.isEmpty, !addresses.isEmpty, name == question.name {
            answer.content = .addresses(addresses)
            answer.timeToLive = min(timeToLive, addressLifetime)
        } else if let content = try content(
            of: wanted,
            behind: name == question.name ? addresses : [],
            named: aliases.isEmpty ? nil : name,
            question,
            &reader,
            &timeToLive
        ) {
            answer.content = content
            answer.timeToLive = name == question.name ? min(timeToLive, addressLifetime) : timeToLive
        } else if !aliases.isEmpty, name != question.name, negative == nil {
            answer.content = .alias(name)
            answer.timeToLive = timeToLive
        }
        return .success((answer, options))
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

    private static func content(
        of wanted: [RecordInPlace],
        behind first: [IPAddress],
        named alias: DomainName?,
        _ question: Question,
        _ reader: inout MessageReader,
        _ timeToLive: inout UInt32
    ) throws(MessageError) -> Content? {
        var addresses = first
        var records: [Record] = []
        let name = alias ?? question.name
        if question.type != .a, question.type != .aaaa { reader.restoreQuestion(question.name) }
        for place in wanted {
            if alias != nil || !reader.pointsToQuestion(place) {
                guard try reader.isName(of: place, name) else { continue }
            }
            if let address = try address(in: place, question.type, reader) {
                addresses.append(address)
            } else {
                records.append(try reader.record(place))
            }
            timeToLive = min(timeToLive, lifetime(place.timeToLive))
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
