// SPDX-License-Identifier: Apache-2.0

/// Something in a connection string that was passed over: the specification wants a warning where the rest still works.
public struct ConnectionStringWarning: Sendable, Hashable, CustomStringConvertible {
    /// The option, in lower case.
    public let option: String
    /// What is wrong with it; never its value.
    public let detail: String

    /// One line for a log.
    public var description: String { "connection string: option \(option): \(detail)" }
}
