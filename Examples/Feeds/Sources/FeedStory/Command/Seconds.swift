// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Seconds on the command line, decimals allowed.
struct Seconds: ExpressibleByArgument {
    private static let most = 20.0

    let duration: Duration

    init?(argument: String) {
        guard let value = Double(argument), (0...Self.most).contains(value) else { return nil }
        duration = .seconds(value)
    }
}
