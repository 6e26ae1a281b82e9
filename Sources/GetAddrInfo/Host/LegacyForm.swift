// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// Why a strict reading refuses what the C library would read.
@available(FairDial 0.1, *)
@nonexhaustive
public enum LegacyForm: Error, Hashable, Sendable {
    /// A host as `inet_aton` reads it, and what it would have meant.
    case host(IPv4Address)

    /// A service that is not a port in plain decimal digits, 0 … 65535.
    case service
}

@available(FairDial 0.1, *)
extension LegacyForm: CustomStringConvertible {
    /// One sentence for a person.
    public var description: String {
        switch self {
        case .host(let address):
            """
            the host is an old way to write \(address), refused because it slips past checks of the text; \
            write \(address)
            """
        case .service:
            "the service is not a port in plain decimal digits, 0 … 65535, without a zero in front"
        }
    }
}
