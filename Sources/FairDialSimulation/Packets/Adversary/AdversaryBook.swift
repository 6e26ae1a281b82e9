// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// What a run's adversaries have said that fitted a query, and that the resolver has read: what is believed must stand
/// here, or in an honest server's message.
struct AdversaryBook {
    private struct Answer {
        let meaning: AdversaryMessage.Meaning
        let bytes: [UInt8]
    }

    /// By the name that was asked for, in lower case as it goes over the wire.
    private var answers: [[UInt8]: [Answer]] = [:]
    /// Whether a message may have said anything, aliases included.
    private(set) var hasAnything = false

    mutating func note(_ message: AdversaryMessage, to query: PacketQuery) {
        guard message.fits(query) else { return }
        hasAnything = hasAnything || message.meaning.isAnything
        answers[AdversaryMessage.lower(query.name), default: []].append(
            Answer(meaning: message.meaning, bytes: message.bytes)
        )
    }

    /// The names that others may have led to, themselves included.
    func names(from start: [[UInt8]]) -> Set<[UInt8]> {
        if hasAnything { return Set(answers.keys).union(start) }
        var (found, open) = (Set(start), start)
        while let name = open.popLast() {
            for alias in (answers[name] ?? []).flatMap(\.meaning.aliases) where found.insert(alias).inserted {
                open.append(alias)
            }
        }
        return found
    }

    /// Whether one of these names was said to have an address.
    func gives(_ address: IPAddress, to names: Set<[UInt8]>) -> Bool {
        lazy var data: [UInt8] = Array(PacketWriter.record(address).suffix(address.family == .ipv4 ? 4 : 16))
        return names.contains { name in
            (answers[name] ?? []).contains { answer in
                answer.meaning.addresses.contains(address)
                    || answer.meaning.isAnything && Self.contains(answer.bytes, data)
            }
        }
    }

    /// Whether one of these names was said not to be there, or to have nothing.
    func denies(_ names: Set<[UInt8]>) -> Bool {
        names.contains { name in
            (answers[name] ?? []).contains { $0.meaning.mayDeny || $0.meaning.isAnything }
        }
    }

    private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        guard bytes.count >= part.count else { return false }
        return (0...bytes.count - part.count).contains { bytes[$0...].starts(with: part) }
    }
}
