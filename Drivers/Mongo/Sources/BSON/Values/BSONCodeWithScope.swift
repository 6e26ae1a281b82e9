// SPDX-License-Identifier: Apache-2.0

/// JavaScript with the variables it sees. Deprecated by the specification; nothing here runs it.
public struct BSONCodeWithScope: Sendable, Hashable {
    /// The program's text.
    public var code: String
    /// The variables, by name.
    public var scope: BSONDocument

    /// A program and its variables.
    public init(code: String, scope: BSONDocument) {
        self.code = code
        self.scope = scope
    }
}
