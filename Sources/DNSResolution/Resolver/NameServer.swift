// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// A DNS server: its address, and for TLS its name.
@available(FairDial 0.1, *)
public struct NameServer: Hashable, Sendable {
    /// The port of DNS over UDP and TCP.
    package static let standardPort: UInt16 = 53

    /// The port of DNS over TLS (RFC 7858 §3.1).
    package static let tlsPort: UInt16 = 853

    /// Its address and port.
    public var endpoint: Endpoint

    /// The name in its certificate; `nil` to check the certificate for its address. Matters for TLS alone.
    public var tlsName: String?

    /// A server by its address and port: 53, or 853 over TLS (RFC 7858), unless it is another one.
    public init(_ endpoint: Endpoint, tlsName: String? = nil) {
        self.endpoint = endpoint
        self.tlsName = tlsName
    }
}

@available(FairDial 0.1, *)
extension NameServer: CustomStringConvertible {
    /// `10.0.0.53`, `[2001:db8::53]:5353`: without the port where that is DNS's own.
    public var description: String {
        endpoint.port == Self.standardPort ? "\(endpoint.address)" : "\(endpoint)"
    }
}
