// SPDX-License-Identifier: Apache-2.0

/// An IPv4 address (RFC 791): 32 bits.
@available(FairDial 0.1, *)
public struct IPv4Address: Hashable, Sendable {
    /// The address in host byte order: `127.0.0.1` is `0x7f00_0001`.
    public var bits: UInt32

    /// - Parameter bits: the address in host byte order.
    @inlinable
    public init(bits: UInt32) {
        self.bits = bits
    }
}
