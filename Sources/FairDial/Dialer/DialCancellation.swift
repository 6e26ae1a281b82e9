// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// Cancels dials from anywhere, and waits for a pool's connection: for those that bring futures, which no task waits
/// for.
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
        /// What single dials have of their own besides this.
        var parts: [ObjectIdentifier: DialCancellation] = [:]
        /// What else ends with it.
        var others: [ObjectIdentifier: @Sendable () -> Void] = [:]
    }

    private let state = NIOLockedValueBox(State())

    /// Nothing is cancelled yet.
    public init() {}

    /// Whether it has been cancelled.
    package var isCancelled: Bool { state.withLockedValue { $0.isCancelled } }

    /// Cancels every dial that has been given this, and every one that will be. From any thread; a second call does
    /// nothing.
    public func cancel() {
        let (drivers, parts, others) = state.withLockedValue { state in
            state.isCancelled = true
            defer { (state.drivers, state.parts, state.others) = ([:], [:], [:]) }
            return (state.drivers, state.parts, state.others)
        }
        for driver in drivers.values { driver.cancel() }
        for part in parts.values { part.cancel() }
        for cancel in others.values { cancel() }
    }

    /// Has something else end with it, until that is removed; at once, where it has been cancelled.
    package func add(_ key: some AnyObject, _ cancel: @escaping @Sendable () -> Void) {
        let isCancelled = state.withLockedValue { state in
            if !state.isCancelled { state.others[ObjectIdentifier(key)] = cancel }
            return state.isCancelled
        }
        if isCancelled { cancel() }
    }

    package func remove(_ key: some AnyObject) {
        _ = state.withLockedValue { $0.others.removeValue(forKey: ObjectIdentifier(key)) }
    }

    /// Cancels another one too, from now on.
    func add(_ part: DialCancellation) {
        let isCancelled = state.withLockedValue { state in
            if !state.isCancelled { state.parts[ObjectIdentifier(part)] = part }
            return state.isCancelled
        }
        if isCancelled { part.cancel() }
    }

    func remove(_ part: DialCancellation) {
        _ = state.withLockedValue { $0.parts.removeValue(forKey: ObjectIdentifier(part)) }
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
