// SPDX-License-Identifier: Apache-2.0

public import NameResolution
import SystemResolution

extension NameResolver {
    /// The process's own: hosts file and `localhost` first, then shared look-ups over the one line to `getaddrinfo`.
    public static let shared = NameResolver(SystemResolver.shared, localNames: .system)
}
