// SPDX-License-Identifier: Apache-2.0

/// The stable interface ("Stable API") that a client asks its servers to keep to.
///
/// - Source: the drivers' specification "Versioned API".
public struct ServerInterface: Sendable, Hashable {
    /// The version; servers know `1` so far.
    public var version: String
    /// Whether commands outside of it fail; `nil` for the server's default, no.
    public var isStrict: Bool?
    /// Whether commands that are deprecated in it fail; `nil` for the server's default, no.
    public var deprecationErrors: Bool?

    /// An interface by its version.
    public init(version: String = "1", isStrict: Bool? = nil, deprecationErrors: Bool? = nil) {
        self.version = version
        self.isStrict = isStrict
        self.deprecationErrors = deprecationErrors
    }
}
