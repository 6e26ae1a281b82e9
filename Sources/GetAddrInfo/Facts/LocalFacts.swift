// SPDX-License-Identifier: Apache-2.0

/// What an answer to a literal may depend on beside the question: the services file and the interfaces of this machine.
///
/// Each is asked for only where an answer depends on it. `LocalFacts.system()` of the module `NameResolution` keeps
/// both fresh.
@available(FairDial 0.1, *)
public struct LocalFacts: Sendable {
    /// The services file; `nil` where it is not known, or is not what the C library would ask. Asked for a service by
    /// name.
    public var services: @Sendable () -> ServicesFile?

    /// The interfaces; `nil` where they are not known. Asked for `AI_ADDRCONFIG`, for a zone by name, and for the order
    /// of this machine's own addresses.
    public var interfaces: @Sendable () -> InterfaceTable?

    /// Facts from where they are to be had.
    public init(
        services: @escaping @Sendable () -> ServicesFile?,
        interfaces: @escaping @Sendable () -> InterfaceTable?
    ) {
        self.services = services
        self.interfaces = interfaces
    }

    /// Facts as they are.
    public init(services: ServicesFile? = nil, interfaces: InterfaceTable? = nil) {
        self.init(services: { services }, interfaces: { interfaces })
    }

    /// Nothing is known: named services and `AI_ADDRCONFIG` need the call.
    public static let unknown = LocalFacts()
}
