// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// When a server is looked at next: every `heartbeatFrequencyMS`, sooner where an operation wants to know, and never
/// twice within 500 ms, however many operations want it.
///
/// Pure: times go in.
/// - Source: the drivers' specification "Server Discovery and Monitoring", `minHeartbeatFrequencyMS`.
struct LookSchedule: Sendable {
    /// The specification's least time between the beginnings of two looks.
    static let leastPause = TimeAmount.milliseconds(500)

    private let heartbeat: TimeAmount
    private var began = NIODeadline.uptimeNanoseconds(0)
    private var isWanted = false

    init(every heartbeat: Duration) {
        self.heartbeat = max(TimeAmount(heartbeat), Self.leastPause)
    }

    /// A look begins: whoever wanted one before it has it.
    mutating func begin(at now: NIODeadline) {
        began = now
        isWanted = false
    }

    /// An operation wants to know.
    mutating func want() { isWanted = true }

    /// When the next look may begin.
    var next: NIODeadline { began + (isWanted ? Self.leastPause : heartbeat) }
}
