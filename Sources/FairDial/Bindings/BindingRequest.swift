// SPDX-License-Identifier: Apache-2.0

import NameResolution

/// The service that a dial is for, whose bindings are to be looked up (HTTPS and SVCB records, RFC 9460).
///
/// ```swift
/// var options = DialOptions()
/// options.bindings = .https(protocols: ["h2", "http/1.1"])
/// let web = try await Dialer.shared.connect(to: "www.example.org", port: 443, options: options)
/// print(web.winner.binding?.protocols ?? [])      // what the winner offers, best first
/// ```
///
/// `indirect`, for options are passed around by every dial and few want bindings.
@available(FairDial 0.1, *)
@nonexhaustive
public indirect enum BindingRequest: Sendable {
    /// The bindings of HTTP origins (§9), over TCP unless the protocols say something else. The default port is 443,
    /// and a record without `no-default-alpn` offers `http/1.1` besides.
    ///
    /// `protocols` and `onBinding` as for `scheme`.
    case https(protocols: [String] = ["h2", "http/1.1"], onBinding: (@Sendable (ServiceBinding) -> Void)? = nil)

    /// The bindings of any scheme, such as `https` or `dns`: one label.
    ///
    /// - `defaultPort`: for this port the name of the records has no port label: `_dns.example.org`, and
    ///   `_8853._dns.example.org` for another. `nil` where each port has its label. Ignored for the scheme
    ///   `https`: its records are at the host's own name for port 443, and for port 8443 at `_8443._https` (§9.1).
    /// - `defaultProtocol`: what a record without `no-default-alpn` offers besides; `nil` where the scheme has nothing
    ///   (§7.1).
    /// - `protocols`: the protocols that the caller speaks, by their ALPN names. A record that offers none of them is
    ///   left out, and a binding lists no others. Empty for every protocol, those over UDP included.
    /// - `onBinding`: told of the winner's binding, on the dial's loop, before the channel initializer runs: for what
    ///   TLS is to offer. It must not block. A dial for a bare socket has no initializer, and does not call it.
    case scheme(
        String,
        defaultPort: UInt16? = nil,
        defaultProtocol: String? = nil,
        protocols: [String] = [],
        onBinding: (@Sendable (ServiceBinding) -> Void)? = nil
    )
}

@available(FairDial 0.1, *)
extension BindingRequest {
    /// The scheme.
    package var scheme: String {
        switch self {
        case .https: "https"
        case .scheme(let scheme, _, _, _, _): scheme
        }
    }

    /// The port for which the name of the records has no port label.
    package var defaultPort: UInt16? {
        switch self {
        case .https: 443
        case .scheme(_, let port, _, _, _): port
        }
    }

    /// The protocol of the scheme itself.
    package var defaultProtocol: String? {
        switch self {
        case .https: "http/1.1"
        case .scheme(_, _, let name, _, _): name
        }
    }

    /// The protocols that the caller speaks; empty for no choice.
    package var protocols: [String] {
        switch self {
        case .https(let protocols, _), .scheme(_, _, _, let protocols, _): protocols
        }
    }

    /// Told of the winner's binding.
    package var onBinding: (@Sendable (ServiceBinding) -> Void)? {
        switch self {
        case .https(_, let onBinding), .scheme(_, _, _, _, let onBinding): onBinding
        }
    }

    /// What to look up for a port.
    func question(forPort port: UInt16) -> BindingQuestion {
        if scheme == "https" { return .https(port: port) }
        return .scheme(scheme, port: port == defaultPort ? nil : port)
    }
}
