// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import IPAddresses

/// `HOST=ADDRESS` on the command line.
struct Override: ExpressibleByArgument {
    let host: String
    let address: IPAddress

    init?(argument: String) {
        guard let sign = argument.firstIndex(of: "="), sign != argument.startIndex else { return nil }
        guard let address = try? IPAddress(argument[argument.index(after: sign)...]) else { return nil }
        self.host = String(argument[..<sign])
        self.address = address
    }
}
