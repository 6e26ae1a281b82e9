// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// A time on the command line: seconds, decimals allowed.
package struct Seconds: ExpressibleByArgument {
    package let duration: Duration

    package init?(argument: String) {
        let longest = 1_000_000.0
        guard let seconds = Double(argument), seconds > 0, seconds <= longest else { return nil }
        duration = .seconds(seconds)
    }
}
