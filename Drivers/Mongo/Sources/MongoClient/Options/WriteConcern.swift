// SPDX-License-Identifier: Apache-2.0

import BSON
public import ConnectionStrings

/// Who must have a write before it counts as done.
public struct WriteConcern: Sendable, Hashable {
    /// How many members, or which; `nil` for the server's default. With 0 the server answers nothing: no caller learns
    /// whether a write was done.
    public var acknowledgement: WriteAcknowledgement?
    /// Whether it must be in the journal; `nil` for the server's default.
    public var journal: Bool?
    /// How long the server waits for the members; `nil` for as long as it takes.
    public var timeout: Duration?

    /// A concern; the server's default without anything.
    public init(_ acknowledgement: WriteAcknowledgement? = nil, journal: Bool? = nil, timeout: Duration? = nil) {
        self.acknowledgement = acknowledgement
        self.journal = journal
        self.timeout = timeout
    }

    /// Whether the server answers.
    public var isAcknowledged: Bool { acknowledgement != .members(0) || journal == true }

    var document: BSONDocument? {
        var pairs: [(String, BSONValue)] = []
        switch acknowledgement {
        case .members(let count): pairs.append(("w", .init(count: count)))
        case .named(let name): pairs.append(("w", .string(name)))
        case nil: break
        }
        if let journal { pairs.append(("j", .bool(journal))) }
        if let timeout { pairs.append(("wtimeout", .init(count: timeout.milliseconds))) }
        return pairs.isEmpty ? nil : BSONDocument(pairs: pairs)
    }
}

extension BSONValue {
    /// A number of 32 bits where it fits.
    init(count: Int) {
        if let small = Int32(exactly: count) { self = .int32(small) } else { self = .int64(Int64(count)) }
    }
}

extension Duration {
    /// Whole milliseconds, rounded up; within 30 years in either direction.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        let (whole, part) = attoseconds.quotientAndRemainder(dividingBy: 1_000_000_000_000_000)
        let rest = part > 0 ? whole + 1 : whole
        return Int(min(max(seconds, -1_000_000_000), 1_000_000_000)) * 1_000 + Int(rest)
    }
}
