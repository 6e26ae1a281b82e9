// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// Cancels dials from anywhere: for those that bring futures, which no task waits for.
///
/// ```swift
/// let cancellation = DialCancellation()
/// options.cancellation = cancellation
/// let connected = dialer.connect(to: "db.example.org", port: 27017, options: options, on: loop)
/// cancellation.cancel()       // `connected` fails with the code `cancelled`, unless it has been connected by now
/// ```
@available(FairDial 0.1, *)
public final class DialCancellation: Sendable {
    private struct State: Sendable {
        var isCancelled = false
        var drivers: [ObjectIdentifier: DialDriver] = [:]
    }

    private let state = NIOLockedValueBox(State())

    /// Nothing is cancelled yet.
    public init() {}

    /// Whether it has been cancelled.
    package var isCancelled: Bool { state.withLockedValue { $0.isCancelled } }

    /// Cancels every dial that has been given this, and every one that will be. From any thread; a second call does
    /// nothing.
    public func cancel() {
        let drivers = state.withLockedValue { state in
            state.isCancelled = true
            defer { state.drivers = [:] }
            return state.drivers
        }
        for driver in drivers.values { driver.cancel() }
    }

    func add(_ driver: DialDriver) {
        let isCancelled = state.withLockedValue { state in
            if !state.isCancelled { state.drivers[ObjectIdentifier(driver)] = driver }
            return state.isCancelled
        }
        if isCancelled { driver.cancel() }
    }

    func remove(_ driver: DialDriver) {
        _ = state.withLockedValue { $0.drivers.removeValue(forKey: ObjectIdentifier(driver)) }
    }
}
