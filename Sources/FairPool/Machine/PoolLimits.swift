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
    package let checkTime: Duration
    package let firstBackOff: Duration
    package let longestBackOff: Duration

    /// Connections that one process cannot have; a size beyond it is a slip, and must not overflow sums.
    private static let mostConnections = 1_000_000

    /// A pool that fills itself must not make connections as fast as it can.
    private static let shortestLife = Duration.milliseconds(10)
    /// The same for a target that fails; twice nothing would be nothing.
    private static let shortestBackOff = Duration.milliseconds(1)

    package init(_ configuration: PoolConfiguration) {
        maximum = min(max(configuration.maximumSize, 1), Self.mostConnections)
        minimum = min(max(configuration.minimumSize, 0), maximum)
        connecting = min(max(configuration.connectingLimit, 1), maximum)
        waiting = min(max(configuration.waitingLimit, 1), Self.mostConnections)
        wait = configuration.waitTimeout.bounded
        idle = configuration.idleLimit.map { max($0.bounded, Self.shortestLife) }
        lifetime = configuration.lifetimeLimit.map { max($0.bounded, Self.shortestLife) }
        check = configuration.checkAfter?.bounded
        checkTime = max(configuration.checkTimeout.bounded, Self.shortestLife)
        firstBackOff = max(configuration.firstBackOff.bounded, Self.shortestBackOff)
        longestBackOff = max(configuration.longestBackOff.bounded, firstBackOff)
    }
}
