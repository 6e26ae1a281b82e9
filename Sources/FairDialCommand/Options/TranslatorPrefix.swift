// SPDX-License-Identifier: Apache-2.0

import FairDialConsole
import IPAddresses

/// A NAT64 prefix on the command line: `2001:db8:64::/96`.
struct TranslatorPrefix: Sendable {
    let prefix: NAT64Prefix

    init(reading text: String) throws(WrongValue) {
        guard let network = try? IPNetwork(text), let prefix = NAT64Prefix(network) else {
            throw WrongValue("write an IPv6 prefix of 32, 40, 48, 56, 64 or 96 bits, as in 2001:db8:64::/96 (RFC 6052)")
        }
        self.prefix = prefix
    }
}
