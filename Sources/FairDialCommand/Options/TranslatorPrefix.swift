// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IPAddresses

/// A NAT64 prefix on the command line: `2001:db8:64::/96`.
struct TranslatorPrefix: ExpressibleByArgument {
    let prefix: NAT64Prefix

    init?(argument: String) {
        guard let network = try? IPNetwork(argument), let prefix = NAT64Prefix(network) else { return nil }
        self.prefix = prefix
    }
}
