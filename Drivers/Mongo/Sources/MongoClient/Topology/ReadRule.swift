// SPDX-License-Identifier: Apache-2.0

import BSON
public import ConnectionStrings

/// From which members of a replica set a read may be answered.
public struct ReadRule: Sendable, Hashable {
    /// Which members.
    public var preference: ReadPreference
    /// Sets of tags: the first that any fitting member has is taken; empty for any member. Not for the primary.
    public var tags: [[String: String]]
    /// How far a secondary may be behind; `nil` for as far as it likes. At least 90 s, and 10 s more than
    /// `heartbeatFrequencyMS`: less cannot be told apart. Not for the primary.
    public var maximumStaleness: Duration?

    /// A rule; the primary by default.
    public init(
        _ preference: ReadPreference = .primary,
        tags: [[String: String]] = [],
        maximumStaleness: Duration? = nil
    ) {
        self.preference = preference
        self.tags = tags
        self.maximumStaleness = maximumStaleness
    }

    /// Whether a server can be found by it.
    ///
    /// - Throws: `invalidArgument` for a staleness that is too small to be known.
    func check(heartbeat: Duration) throws(MongoError) {
        guard let staleness = maximumStaleness else { return }
        guard staleness >= max(.seconds(90), heartbeat + .seconds(10)) else {
            throw MongoError(.invalidArgument, "a staleness of \(staleness) cannot be told from none")
        }
    }

    /// From the primary alone.
    public static let primary = ReadRule()

    /// As servers read it; `nil` where it need not be said.
    func document(for kind: TopologyMachine.Kind) -> BSONDocument? {
        switch kind {
        // Whoever is alone is asked, and a member that is no primary must hear that it may answer.
        case .single: return preference == .primary ? ["mode": "primaryPreferred"] : full
        case .sharded, .loadBalanced, .withPrimary, .withoutPrimary, .unknown:
            return preference == .primary ? nil : full
        }
    }

    private var full: BSONDocument {
        let mode = BSONValue.string(preference.rawValue)
        var pairs: [(String, BSONValue)] = [("mode", mode)]
        if let staleness = maximumStaleness {
            pairs.append(("maxStalenessSeconds", .init(count: Int(staleness.components.seconds))))
        }
        if tags.isEmpty { return BSONDocument(pairs: pairs) }
        let sets = tags.map { set in
            let sorted = set.sorted { $0.key < $1.key }
            var document = BSONDocument()
            for (key, value) in sorted { try? document.set(.string(value), forKey: key) }
            return BSONValue.document(document)
        }
        return BSONDocument(pairs: pairs + [("tags", .array(BSONArray(sets)))])
    }
}
