// SPDX-License-Identifier: Apache-2.0

/// What an answer to a literal may hang on beside the question: the services file and the interfaces of this machine.
///
/// A value, taken at one moment. Who keeps it fresh is somebody else's business: in this package, `LocalTables`.
public struct LocalFacts: Hashable, Sendable {
    /// The services file; `nil` where it is not known, or is not what the C library would ask.
    public var services: ServiceTable?

    /// The interfaces; `nil` where they are not known.
    public var interfaces: InterfaceTable?

    /// Facts from their parts.
    public init(services: ServiceTable? = nil, interfaces: InterfaceTable? = nil) {
        self.services = services
        self.interfaces = interfaces
    }

    /// Nothing is known: named services and `AI_ADDRCONFIG` need the call.
    public static let unknown = LocalFacts()
}
