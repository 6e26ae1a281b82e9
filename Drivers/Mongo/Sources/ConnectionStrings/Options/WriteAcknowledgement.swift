// SPDX-License-Identifier: Apache-2.0

/// The `w` of a write concern: who must have a write before it counts as done.
public enum WriteAcknowledgement: Sendable, Hashable {
    /// This number of members of the replica set acknowledge a write; with 0 the server answers nothing.
    case members(Int)
    /// `majority`, or a tag set's name.
    case named(String)
}
