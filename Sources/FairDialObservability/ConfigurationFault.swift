// SPDX-License-Identifier: Apache-2.0

/// A value in a program's configuration that means nothing.
///
/// The value is neither kept nor shown: it may be marked as secret, and a `ConfigReader` does not say so.
@available(FairDial 0.1, *)
public struct ConfigurationFault: Error, Hashable, Sendable {
    /// The key, relative to the reader.
    public let key: String

    /// What may stand there.
    public let wanted: String
}

@available(FairDial 0.1, *)
extension ConfigurationFault: CustomStringConvertible {
    /// One line: `timeouts.connect: the value is not a duration from 0 to a year, such as 250ms, 5s or 1.5`.
    public var description: String { "\(key): the value is not \(wanted)" }
}
