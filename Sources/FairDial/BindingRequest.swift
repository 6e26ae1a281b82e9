// SPDX-License-Identifier: Apache-2.0

public import ConnectionRacing
import NameResolution

/// The service that a dial is for, whose bindings are to be looked up (HTTPS and SVCB records, RFC 9460).
///
/// ```swift
/// var options = DialOptions()
/// options.bindings = .https(protocols: ["h2", "http/1.1"])
/// let web = try await Dialer.shared.connect(to: "www.example.org", port: 443, options: options)
/// print(web.binding?.protocols ?? [])      // what the winner offers, best first
/// ```
public struct BindingRequest: Sendable {
    /// The scheme, such as `https` or `dns`: one label.
    public let scheme: String

    /// The port that needs not be named in the records' name; `nil` where there is none.
    public let defaultPort: UInt16?

    /// The protocol that a record without `no-default-alpn` offers besides; `nil` where the scheme has none (§7.1).
    public let defaultProtocol: String?

    /// The protocols that the caller speaks, as ALPN names them: a record that offers none of them is left out, and of a binding's
    /// protocols these are told. Empty for no choice.
    public let protocols: [String]

    /// Told of the winner's binding, on the dial's loop, before the channel initializer runs: for what TLS is to offer. It must not
    /// block.
    public let onBinding: (@Sendable (ServiceBinding) -> Void)?

    /// A request for the bindings of any scheme.
    public init(
        scheme: String,
        defaultPort: UInt16? = nil,
        defaultProtocol: String? = nil,
        protocols: [String] = [],
        onBinding: (@Sendable (ServiceBinding) -> Void)? = nil
    ) {
        self.scheme = scheme
        self.defaultPort = defaultPort
        self.defaultProtocol = defaultProtocol
        self.protocols = protocols
        self.onBinding = onBinding
    }

    /// The bindings of HTTP origins (§9).
    public static func https(
        protocols: [String] = [],
        onBinding: (@Sendable (ServiceBinding) -> Void)? = nil
    ) -> BindingRequest {
        BindingRequest(
            scheme: "https",
            defaultPort: 443,
            defaultProtocol: "http/1.1",
            protocols: protocols,
            onBinding: onBinding
        )
    }

    /// What to look up for a port.
    func question(forPort port: UInt16) -> ServiceQuestion {
        if scheme == "https" { return .https(port: port) }
        return .scheme(scheme, port: port == defaultPort ? nil : port)
    }
}
