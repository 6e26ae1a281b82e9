// SPDX-License-Identifier: Apache-2.0

/// What a deletion came to.
public struct DeleteResult: Sendable, Hashable {
    /// Whether the server has answered; with `w: 0` nothing is known, and the count is 0.
    public let isAcknowledged: Bool
    /// Documents that are gone.
    public let deletedCount: Int

    /// For tests of what a program does about it.
    public init(deletedCount: Int, isAcknowledged: Bool = true) {
        self.isAcknowledged = isAcknowledged
        self.deletedCount = deletedCount
    }
}
