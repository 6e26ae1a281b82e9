// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension Target {
    /// The name for TLS: to send in the handshake, and to check the certificate against. It is the host in A-labels,
    /// without a final dot (RFC 6066 §3). For a service it is the service's domain and not the SRV target, because an
    /// SRV answer can be forged (RFC 6125 §6.2.1). An address stands as it was written. `nil` where there is no name.
    public var serverName: String? {
        guard case .service(let service) = place else { return host.map(DialWinner.ascii) }
        var labels = service.split(separator: ".", omittingEmptySubsequences: false)[...]
        while labels.count > 1, labels.first?.hasPrefix("_") == true { labels.removeFirst() }
        return DialWinner.ascii(labels.joined(separator: "."))
    }
}
