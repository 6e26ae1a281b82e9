// SPDX-License-Identifier: Apache-2.0

public import DNSResolution

@available(FairDial 0.1, *)
extension DNSResolverConfiguration {
    /// From now on everything goes over TLS: to `servers`, or to those of resolv.conf at port 853.
    ///
    /// - Parameters:
    ///   - tls: what is trusted.
    ///   - tlsName: the name in the certificate of resolv.conf's servers; `nil` for their addresses. Each of `servers`
    ///     has its own name.
    public mutating func use(_ tls: DNSOverTLS, tlsName: String? = nil) {
        transport = tls.transport
        standardPort = NameServer.tlsPort
        self.tlsName = tlsName
    }
}
