// SPDX-License-Identifier: Apache-2.0

import DNSResolution
public import NameResolution

@available(FairDial 0.1, *)
extension NameResolver {
    /// The process's own: hosts file and `localhost` first, then shared lookups, each by our own DNS resolver or by the
    /// one queue in front of `getaddrinfo`, as `AutomaticResolver` decides.
    public static let shared = NameResolver(AutomaticResolver.shared, localNames: .system)
}
