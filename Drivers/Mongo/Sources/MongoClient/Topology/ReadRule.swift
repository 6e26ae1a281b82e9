// SPDX-License-Identifier: Apache-2.0

import BSON
public import ConnectionStrings

/// From which members of a replica set a read may be answered.
public struct ReadRule: Sendable, Hashable {
    /// Which members.
    public var preference: ReadPreference
    /// Sets of tags: the first that any fitting member has is taken; empty for any member. Not for the primary.
    public var tags: [[String: String]]

    /// A rule; the primary by default.
    public init(_ preference: ReadPreference = .primary, tags: [[String: String]] = []) {
        self.preference = preference
        self.tags = tags
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
        if tags.isEmpty { return ["mode": mode] }
        let sets = tags.map { set in
            let sorted = set.sorted { $0.key < $1.key }
            var document = BSONDocument()
            for (key, value) in sorted { try? document.set(.string(value), forKey: key) }
            return BSONValue.document(document)
        }
        return ["mode": mode, "tags": .array(BSONArray(sets))]
    }
}
