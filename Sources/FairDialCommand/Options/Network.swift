// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IPAddresses

/// A network on the command line: `10.0.0.0/8`, or one address alone.
struct Network: ExpressibleByArgument {
    let network: IPNetwork

    init?(argument: String) {
        if let network = try? IPNetwork(argument) {
            self.network = network
        } else if let address = try? IPAddress(argument),
            let network = IPNetwork(containing: address, prefixLength: address.family == .ipv4 ? 32 : 128)
        {
            self.network = network
        } else {
            return nil
        }
    }
}
