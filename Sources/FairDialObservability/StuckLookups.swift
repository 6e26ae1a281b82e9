// SPDX-License-Identifier: Apache-2.0

public import FairDial
public import Logging
import NameResolution

/// Says who is stuck in a lookup: logs each lookup once when it is older than a limit, and all of them on a signal; of
/// more than 100 at a time the oldest 100, and the number of the others.
///
/// ```swift
/// try await StuckLookups(of: dialer, olderThan: .seconds(5), dumpsOn: SIGUSR1).run()
/// ```
///
/// Run one in a task of its own, or as a service of swift-service-lifecycle (trait `ServiceLifecycle`).
@available(FairDial 0.1, *)
public struct StuckLookups: Sendable {
    private static let source = "FairDial"
    /// How many of many are logged at a time, a line each: behind a dead server a whole queue may be stuck.
    private static let mostLines = 100

    private let dialer: Dialer
    private let limit: Duration
    private let interval: Duration
    private let signal: CInt?
    private let logger: Logger?

    /// - Parameters:
    ///   - dialer: whose resolver is watched, with all dialers that share it.
    ///   - limit: the age from which a lookup is worth a line, at `notice`; below 0 counts as 0.
    ///   - interval: how often it looks; 10 ms at least. A look costs a visit to each lookup in flight.
    ///   - signal: the one on which the whole list is logged, such as `SIGUSR1`; its usual effect on the process is
    ///     switched off for good. `nil`, the default, for none.
    ///   - logger: `nil`, the default, for the one of the task that runs it (`Logger.current`).
    public init(
        of dialer: Dialer = .shared,
        olderThan limit: Duration = .seconds(5),
        every interval: Duration = .seconds(1),
        dumpsOn signal: CInt? = nil,
        logger: Logger? = nil
    ) {
        self.dialer = dialer
        self.limit = max(.zero, limit)
        self.interval = min(max(interval, .milliseconds(10)), .seconds(86_400))
        self.signal = signal
        self.logger = logger
    }

    /// Watches on a clock until its task is cancelled.
    ///
    /// - Throws: `ConfigurationFault` for a signal that there is not.
    func run(on clock: some Clock<Duration>) async throws {
        let logger = logger ?? Logger.current
        if let signal, !SignalCall.isUsable(signal) {
            throw ConfigurationFault(
                key: "dumpsOn",
                wanted: "a signal that a program may have, 1 … 64"
            )
        }
        let signals = signal.map { number in
            SignalCall(number) { Self.dump(dialer.lookupsInFlight, to: logger) }
        }
        defer { signals?.cancel() }
        var told = ToldLookups()
        while true {
            try await clock.sleep(for: interval)
            Self.log(told.news(in: dialer.lookupsInFlight, olderThan: limit), as: "lookup is stuck", to: logger)
        }
    }

    /// Logs how many lookups are in flight, and the oldest of them.
    private static func dump(_ lookups: [LookupInFlight], to logger: Logger) {
        logger.notice("lookups in flight", metadata: ["lookup.count": "\(lookups.count)"], source: source)
        log(lookups, as: "lookup in flight", to: logger)
    }

    /// The oldest first; of those that are too many, their number.
    static func log(_ lookups: [LookupInFlight], as message: Logger.Message, to logger: Logger) {
        for lookup in lookups.prefix(mostLines) {
            logger.notice(message, metadata: lookup.logMetadata, source: source)
        }
        guard lookups.count > mostLines else { return }
        let left = lookups.count - mostLines
        logger.notice("\(message), and more", metadata: ["lookup.count": "\(left)"], source: source)
    }
}
