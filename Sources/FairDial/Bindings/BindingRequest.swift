// SPDX-License-Identifier: Apache-2.0

public import ConnectionRacing
import NameResolution

/// The service that a dial is for, whose bindings are to be looked up (HTTPS and SVCB records, RFC 9460).
///
/// ```swift
/// var options = DialOptions()
/// options.bindings = .https(protocols: ["h2", "http/1.1"])
/// let web = try await Dialer.shared.connect(to: "www.example.org", port: 443, options: options)
/// print(web.winner.binding?.protocols ?? [])      // what the winner offers, best first
/// ```
@available(FairDial 0.1, *)
public struct BindingRequest: Sendable {
    /// Kept apart, for options are passed around by every dial and few want bindings.
    private final class Wish: Sendable {
        let scheme: String
        let defaultPort: UInt16?
        let defaultProtocol: String?
        let protocols: [String]
        let onBinding: (@Sendable (ServiceBinding) -> Void)?

        init(
            _ scheme: String,
            _ defaultPort: UInt16?,
            _ defaultProtocol: String?,
            _ protocols: [String],
            _ onBinding: (@Sendable (ServiceBinding) -> Void)?
        ) {
            self.scheme = scheme
            self.defaultPort = defaultPort
            self.defaultProtocol = defaultProtocol
            self.protocols = protocols
            self.onBinding = onBinding
        }
    }

    private let wish: Wish

    /// A request for the bindings of any scheme.
    ///
    /// - Parameters:
    ///   - scheme: such as `https` or `dns`: one label.
    ///   - defaultPort: the port that needs not be named in the records' name; `nil` where there is none.
    ///   - defaultProtocol: what a record without `no-default-alpn` offers besides; `nil` where the scheme has nothing
    ///     (§7.1).
    ///   - protocols: what the caller speaks, as ALPN names it: a record that offers none of these is left out, and of
    ///     a binding's protocols these are told. Empty for no choice, which includes what goes over UDP alone.
    ///   - onBinding: told of the winner's binding, on the dial's loop, before the channel initializer runs: for what
    ///     TLS is to offer. It must not block. A dial for a bare socket has no initializer, and does not call it.
    public init(
        scheme: String,
        defaultPort: UInt16? = nil,
        defaultProtocol: String? = nil,
        protocols: [String] = [],
        onBinding: (@Sendable (ServiceBinding) -> Void)? = nil
    ) {
        wish = Wish(scheme, defaultPort, defaultProtocol, protocols, onBinding)
    }

    /// The scheme.
    package var scheme: String { wish.scheme }

    /// The port that needs not be named.
    package var defaultPort: UInt16? { wish.defaultPort }

    /// The protocol of the scheme itself.
    package var defaultProtocol: String? { wish.defaultProtocol }

    /// The protocols that the caller speaks; empty for no choice.
    package var protocols: [String] { wish.protocols }

    /// Told of the winner's binding.
    package var onBinding: (@Sendable (ServiceBinding) -> Void)? { wish.onBinding }

    /// The bindings of HTTP origins (§9), over TCP unless the protocols say something else.
    public static func https(
        protocols: [String] = ["h2", "http/1.1"],
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
    func question(forPort port: UInt16) -> BindingQuestion {
        if scheme == "https" { return .https(port: port == defaultPort ? nil : port) }
        return .scheme(scheme, port: port == defaultPort ? nil : port)
    }
}
