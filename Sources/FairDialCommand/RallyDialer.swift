// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// One side's way from a host and a port to a channel.
protocol RallyDialer: Sendable {
    /// Dials; the initializer's work is the same for everybody: none.
    func dial(_ host: String, port: Int, label: String) async -> RallyDial
}

/// What became of one dial.
struct RallyDial: Sendable {
    var channel: (any Channel)?
    var report: [(String, JSONLine)]
    var took: Duration
}
