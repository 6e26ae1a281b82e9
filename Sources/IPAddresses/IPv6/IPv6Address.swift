// SPDX-License-Identifier: Apache-2.0

/// An IPv6 address (RFC 4291): 128 bits, without a zone; `IPAddress` carries that.
@available(FairDial 0.1, *)
public struct IPv6Address: Hashable, Sendable {
    /// The upper 64 bits, the network half, in host byte order: `fe80::1` has `0xfe80_0000_0000_0000`.
    public var high: UInt64

    /// The lower 64 bits, the interface half, in host byte order: `fe80::1` has `1`.
    public var low: UInt64

    /// - Parameters:
    ///   - high: the upper 64 bits in host byte order.
    ///   - low: the lower 64 bits in host byte order.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}
