// SPDX-License-Identifier: Apache-2.0

/// An address and a port: where an attempt to connect goes.
@available(FairDial 0.1, *)
public struct Endpoint: Hashable, Sendable {
    /// The address, with its zone.
    public var address: IPAddress

    /// The port, 0 … 65535.
    public var port: UInt16

    /// An endpoint from its two parts.
    @inlinable
    public init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }
}
