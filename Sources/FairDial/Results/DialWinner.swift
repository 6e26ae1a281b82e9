// SPDX-License-Identifier: Apache-2.0

import NameResolution

/// What won a dial: the destination, the server's name for TLS, and the record that led there.
@available(FairDial 0.1, *)
public struct DialWinner: Hashable, Sendable {
    /// Where the connection goes.
    public let destination: Destination

    /// What TLS calls the server's name (SNI) and a certificate must be for: the host as it was dialed, or the name of
    /// the SRV target; `nil` where only addresses or a path were given. A service binding does not change it (RFC 9460
    /// §9: the origin's name stays).
    public let serverName: String?

    /// The SRV target, where a service was dialed.
    public let srvTarget: SRVTarget?

    /// The service binding, where `DialOptions.bindings` asked for some; `nil` for an address of the host itself.
    public let binding: ServiceBinding?

    /// A winner from its parts.
    public init(
        destination: Destination,
        serverName: String? = nil,
        srvTarget: SRVTarget? = nil,
        binding: ServiceBinding? = nil
    ) {
        self.destination = destination
        self.serverName = serverName
        self.srvTarget = srvTarget
        self.binding = binding
    }

    init(_ destination: Destination, of target: Target?, _ record: WinningRecord?) {
        self.init(
            destination: destination,
            serverName: (record?.serverName ?? record?.target?.name ?? target?.host).map(Self.ascii),
            srvTarget: record?.target,
            binding: record?.binding
        )
    }

    /// A name as TLS has it: `xn--mnchen-3ya.de` for `münchen.de`, and without a final dot (RFC 6066 §3).
    static func ascii(_ name: String) -> String {
        let name = (try? InternationalName.ascii(name)) ?? name
        return name.hasSuffix(".") ? String(name.dropLast()) : name
    }

    /// The same as a record that a result can keep.
    var record: WinningRecord {
        WinningRecord(binding: binding, target: srvTarget, serverName: serverName)
    }
}
