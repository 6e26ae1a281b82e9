// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// A pool's configuration with every value in bounds.
@available(FairDial 0.1, *)
package struct PoolLimits: Sendable {
    package let minimum: Int
    package let maximum: Int
    package let connecting: Int
    package let waiting: Int
    package let wait: Duration
    package let idle: Duration?
    package let lifetime: Duration?
    package let check: Duration?
    package let firstBackOff: Duration
    package let longestBackOff: Duration

    /// Connections that one process cannot have; a size beyond it is a slip, and must not overflow sums.
    private static let mostConnections = 1_000_000

    package init(_ configuration: PoolConfiguration) {
        maximum = min(max(configuration.maximumSize, 1), Self.mostConnections)
        minimum = min(max(configuration.minimumSize, 0), maximum)
        connecting = min(max(configuration.connectingLimit, 1), maximum)
        waiting = min(max(configuration.waitingLimit, 1), Self.mostConnections)
        wait = configuration.waitTimeout.bounded
        idle = configuration.idleLimit?.bounded
        lifetime = configuration.lifetimeLimit?.bounded
        check = configuration.checkAfter?.bounded
        firstBackOff = configuration.firstBackOff.bounded
        longestBackOff = max(configuration.longestBackOff.bounded, firstBackOff)
    }
}
