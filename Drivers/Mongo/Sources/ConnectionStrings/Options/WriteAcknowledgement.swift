// SPDX-License-Identifier: Apache-2.0

/// The `w` of a write concern: who must have a write before it counts as done.
public enum WriteAcknowledgement: Sendable, Hashable {
    /// So many members of the replica set; 0 asks for no answer at all.
    case members(Int)
    /// `majority`, or a tag set's name.
    case named(String)
}
