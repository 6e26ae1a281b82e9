// SPDX-License-Identifier: Apache-2.0

import DNSResolution
public import NameResolution

@available(FairDial 0.1, *)
extension NameResolver {
    /// The one resolver of the whole process. It answers `localhost` and what the hosts file has by itself. Callers
    /// share the lookup of any other name: our own DNS resolver does it, or `getaddrinfo` behind one queue, as
    /// nsswitch.conf and resolv.conf require.
    public static let shared = NameResolver(AutomaticResolver.shared, localNames: .system)
}
