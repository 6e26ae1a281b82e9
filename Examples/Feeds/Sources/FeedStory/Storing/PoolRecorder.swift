// SPDX-License-Identifier: Apache-2.0

package import FairPool
import NIOConcurrencyHelpers

/// Writes down what happens in a side's pool, for the summary and the picture.
package final class PoolRecorder: PoolObserver {
    /// How the pool stood at one time.
    package struct Sample: Codable, Hashable, Sendable {
        /// Seconds since the start.
        package var at: Double
        /// Connections, free and in use.
        package var size: Int
        /// Callers that wait for one.
        package var waiting: Int

        package init(at: Double, size: Int, waiting: Int) {
            self.at = at
            self.size = size
            self.waiting = waiting
        }
    }

    /// Everything about it.
    package struct Record: Sendable {
        package var samples = [Sample(at: 0, size: 0, waiting: 0)]
        /// Connections that were made.
        package var made = 0
        /// From a connection's beginning until it could be used; `nil` without any.
        package var slowestReady: Duration?
        /// The longest wait of a caller, also of one that got none; `nil` without any.
        package var longestWait: Duration?
    }

    /// As many samples as a picture can show; later ones lie further apart.
    private static let finest = 0.000_5
    private static let samplesPerSpan = 4_000.0

    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private let box = NIOLockedValueBox(Record())

    /// From now on.
    package init() {
        start = clock.now
    }

    package var record: Record { box.withLockedValue { $0 } }

    package func poolBegins(_ pool: ObservedPool) -> (@Sendable (PoolEvent, PoolCounts) -> Void)? {
        { [self] event, counts in
            switch event {
            case .connectionReady(_, let after): made(after: after)
            case .checkedOut(_, let after), .checkOutFailed(_, let after): waited(after)
            default: break
            }
            note(size: counts.idle + counts.inUse, waiting: counts.waiting)
        }
    }

    func made(after: Duration) {
        box.withLockedValue { record in
            record.made += 1
            record.slowestReady = max(record.slowestReady ?? .zero, after)
        }
    }

    func waited(_ after: Duration) {
        box.withLockedValue { $0.longestWait = max($0.longestWait ?? .zero, after) }
    }

    func note(size: Int, waiting: Int) {
        let now = start.duration(to: clock.now) / .seconds(1)
        box.withLockedValue { record in
            let last = record.samples.count - 1
            guard record.samples[last].size != size || record.samples[last].waiting != waiting else { return }
            let sample = Sample(at: now, size: size, waiting: waiting)
            if last > 0, now - record.samples[last].at < max(Self.finest, now / Self.samplesPerSpan) {
                record.samples[last].size = size
                record.samples[last].waiting = waiting
            } else {
                record.samples.append(sample)
            }
        }
    }
}
