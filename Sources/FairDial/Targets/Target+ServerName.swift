// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension Target {
    /// The name that the caller asks for, as TLS has it: an A-label, without a final dot (RFC 6066 §3); of a service
    /// its domain, for an answer for SRV records can be forged (RFC 6125 §6.2.1). `nil` where there is none; an address
    /// is given as it was written.
    public var serverName: String? {
        guard case .service(let service) = place else { return host.map(DialWinner.ascii) }
        var labels = service.split(separator: ".", omittingEmptySubsequences: false)[...]
        while labels.count > 1, labels.first?.hasPrefix("_") == true { labels.removeFirst() }
        return DialWinner.ascii(labels.joined(separator: "."))
    }
}
