// SPDX-License-Identifier: Apache-2.0

/// A configuration that allows nothing newer than TLS 1.1, which has been broken for years (RFC 8996).
@available(FairDial 0.1, *)
public struct OutdatedTLS: Error, Hashable, Sendable {}

@available(FairDial 0.1, *)
extension OutdatedTLS: CustomStringConvertible {
    /// One clause for a person.
    public var description: String {
        "the configuration allows nothing newer than TLS 1.1, and DNS over TLS takes 1.2 at least"
    }
}
