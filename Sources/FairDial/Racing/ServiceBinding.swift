// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

/// One SVCB or HTTPS record in ServiceMode, as far as a race needs it.
///
/// - Source: RFC 9460 §§2, 7. Records that the client cannot use (no protocol in common, a mandatory key it does not
///   know) are for the caller to leave out (§8).
@available(FairDial 0.1, *)
public struct ServiceBinding: Hashable, Sendable {
    /// SvcPriority: lower is better; never 0, which is AliasMode.
    public var priority: UInt16

    /// TargetName, whose addresses serve this binding; "." has been replaced by the record's owner.
    public var target: String

    /// The alternative port; `nil` for the one that was asked for (§7.2).
    public var port: UInt16?

    /// What `ipv4hint` and `ipv6hint` say, to begin with until the target's own records have come (§7.3).
    var hints: [IPAddress]

    /// The protocols that the binding offers, best first, for the handshake with the winner (§7.1).
    public var protocols: [String]

    /// A binding from its parts.
    public init(
        priority: UInt16,
        target: String,
        port: UInt16? = nil,
        hints: [IPAddress] = [],
        protocols: [String] = []
    ) {
        self.priority = priority
        self.target = target
        self.port = port
        self.hints = hints
        self.protocols = protocols
    }
}
