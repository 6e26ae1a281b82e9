// SPDX-License-Identifier: Apache-2.0

import BSON

/// How settled what is read must be.
public struct ReadConcern: Sendable, Hashable {
    /// `local`, `majority`, `linearizable`, `available`, `snapshot`; `nil` for the server's default.
    public var level: String?

    /// A concern by its level; the server's default without one.
    public init(_ level: String? = nil) {
        self.level = level
    }

    var document: BSONDocument? { level.map { ["level": .string($0)] } }
}
