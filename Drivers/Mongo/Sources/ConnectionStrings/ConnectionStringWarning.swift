// SPDX-License-Identifier: Apache-2.0

/// Something in a connection string that was passed over: the specification wants a warning where the rest still works.
public struct ConnectionStringWarning: Sendable, Hashable, CustomStringConvertible {
    /// The option, in lower case.
    public let option: String
    /// What is wrong with it, or what its value must be; never the value itself.
    public let detail: String

    /// One line for a log, with the option as the specification spells it: `connection string: maxPoolSize must be a
    /// whole number, 0 at least; it is ignored`.
    public var description: String { "connection string: \(OptionKind.spelling(of: option)) \(detail)" }
}
