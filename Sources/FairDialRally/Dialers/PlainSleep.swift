// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Blocks the thread, as a slow `getaddrinfo` does.
enum PlainSleep {
    static func sleep(_ duration: Duration) {
        Thread.sleep(forTimeInterval: duration / .seconds(1))
    }
}
