// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// One side's way from a feed's address to a channel.
package protocol FeedDialer: Sendable {
    /// - Returns: the channel, and where the time went, in words; without words where the side cannot tell.
    func dial(_ address: FeedAddress) async -> FeedDial
}

/// How one dial ended.
package struct FeedDial: Sendable {
    let channel: Result<any Channel, any Error>
    /// What the dialer itself says of the time.
    let report: String?

    init(_ channel: Result<any Channel, any Error>, report: String? = nil) {
        self.channel = channel
        self.report = report
    }
}
