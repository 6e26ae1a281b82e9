// SPDX-License-Identifier: Apache-2.0

public import NameResolution

extension NameResolver {
    /// The process's own: hosts file and `localhost` first, then shared lookups, each by our own DNS resolver or by
    /// the one line to `getaddrinfo`, as `AutomaticResolver` decides.
    public static let shared = NameResolver(AutomaticResolver.shared, localNames: .system)
}
