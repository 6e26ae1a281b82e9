// SPDX-License-Identifier: Apache-2.0

import FairDialConsole
import NIOCore

/// One side's way from a host and a port to a channel.
protocol RallyDialer: Sendable {
    /// Dials; the initializer does nothing on any side.
    func dial(_ host: String, port: Int, label: String) async -> RallyDial
}

/// How one dial ended.
struct RallyDial: Sendable {
    var channel: (any Channel)?
    var report: [(String, JSONLine)]
    var took: Duration
}
