// SPDX-License-Identifier: Apache-2.0

public import IPAddresses

@available(FairDial 0.1, *)
extension Dialer {
    /// Asks this machine's network for the prefixes of its translators (RFC 7050), for `AddressPolicy.nat64Prefixes`:
    /// one lookup of the IPv6 addresses of `ipv4only.arpa`. Empty where there are none, as on most networks.
    ///
    /// Ask again when the network changes: nothing here does so by itself. A prefix only gives a policy more to check,
    /// so a forged one forbids too much, and allows nothing.
    /// - Throws: `DialError`, also when the task is cancelled.
    public func nat64Prefixes(options: DialOptions = DialOptions()) async throws(DialError) -> [NAT64Prefix] {
        var configuration = configuration
        // The addresses asked for are nothing to be dialed: they carry two that are reserved for this.
        configuration.policy = nil
        var options = options
        options.families = .ipv6
        do throws(DialError) {
            let answer = try await Dialer(configuration).resolve("ipv4only.arpa.", port: 80, options: options)
            return NAT64Prefix.all(
                in: answer.endpoints.lazy.compactMap { endpoint in
                    guard case .v6(let address, _) = endpoint.address else { return nil }
                    return address
                }
            )
        } catch  where error.code == .nameNotFound {
            return []
        }
    }
}
