// SPDX-License-Identifier: Apache-2.0

/// Sees every dial of a dialer (`DialerConfiguration.observer`), for logs, metrics and traces.
///
/// ```swift
/// struct SlowDials: DialObserver {
///     func dialBegins(to target: Target) -> (@Sendable (ObservedDial) -> Void)? {
///         { dial in if dial.duration > .seconds(1) { print(dial.target, dial.report) } }
///     }
/// }
/// ```
///
/// A host or a text that is no `Target` is no dial, and is not seen.
@available(FairDial 0.1, *)
public protocol DialObserver: Sendable {
    /// Called once for each dial, before anything is looked up or opened: on the caller's thread and in the caller's
    /// task, so that task-local values are the caller's. It must not block.
    ///
    /// - Returns: what is called once, when the dial has ended, before its caller is told; `nil` where this dial is of
    ///   no interest. It is called on the dial's event loop or the caller's thread, without a lock held, so it may
    ///   start dials of its own; one that dials again and again does so on the loop's next turn (`loop.execute`), for a
    ///   dial may end before its call returns. It must not block, for what it delays is the loop.
    func dialBegins(to target: Target) -> (@Sendable (ObservedDial) -> Void)?
}
