// SPDX-License-Identifier: Apache-2.0

package import DNSResolution
import SystemResolution

@available(FairDial 0.1, *)
extension AutomaticResolver {
    /// The process's own.
    package static let shared = AutomaticResolver()

    /// With `getaddrinfo` for what our own resolver does not do.
    package convenience init(dns: DNSResolver = .shared) {
        self.init(dns: dns, system: SystemResolver.shared)
    }
}
