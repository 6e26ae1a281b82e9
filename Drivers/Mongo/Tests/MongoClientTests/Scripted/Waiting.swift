// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

/// Waits until something holds that another thread brings about; a bounded number of looks.
func eventually(
    within limit: Duration = .seconds(20),
    _ condition: @Sendable () async -> Bool,
    sourceLocation: SourceLocation = #_sourceLocation
) async {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if await condition() { return }
        try? await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("it did not come about within \(limit)", sourceLocation: sourceLocation)
}
