// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import IPAddresses

@available(FairDial 0.1, *)
extension ServiceBinding {
    /// What a record says, for a caller that wants such bindings.
    ///
    /// `nil` where it is of no use to them (RFC 9460 §8): it has a mandatory key that is not understood here, no
    /// protocol that the caller speaks, or the port 0, which cannot be connected to.
    init?(_ record: SVCBRecord, for request: BindingRequest) {
        let understood: Set<ServiceParameter.Key> = [.alpn, .noDefaultALPN, .port, .ipv4Hint, .ipv6Hint]
        let parameters = record.parameters
        guard !record.isAlias, parameters.port != 0, parameters.mandatory.allSatisfy(understood.contains) else {
            return nil
        }
        var protocols = parameters.protocols.map { String(decoding: $0, as: UTF8.self) }
        if let standard = request.defaultProtocol, !parameters.excludesDefaultProtocol,
            !protocols.contains(standard)
        {
            protocols.append(standard)
        }
        if !request.protocols.isEmpty {
            protocols.removeAll { !request.protocols.contains($0) }
            if protocols.isEmpty { return nil }
        }
        self.init(
            priority: record.priority,
            target: "\(record.target)",
            port: parameters.port,
            hints: parameters.ipv6Hints.map { .v6($0, zone: nil) } + parameters.ipv4Hints.map(IPAddress.v4),
            protocols: protocols
        )
    }
}
