// SPDX-License-Identifier: Apache-2.0

/// Which members of a replica set may be read from.
public enum ReadPreference: String, Sendable, CaseIterable {
    case primary
    case primaryPreferred
    case secondary
    case secondaryPreferred
    case nearest
}
