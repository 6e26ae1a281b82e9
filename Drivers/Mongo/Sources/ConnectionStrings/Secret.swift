// SPDX-License-Identifier: Apache-2.0

/// A text that must not get into logs: every way of printing it shows nothing of it, not even its length.
public struct Secret: Sendable, Hashable {
    /// The text itself.
    public let value: String

    /// Hides a text.
    public init(_ value: String) {
        self.value = value
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The same in words.
    public var description: String { "<hidden>" }
    /// As `description`.
    public var debugDescription: String { description }
    /// No children, so that `dump` shows none.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
