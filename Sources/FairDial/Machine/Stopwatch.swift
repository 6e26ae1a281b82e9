// SPDX-License-Identifier: Apache-2.0

/// Four clocks of which one runs at a time, so that they add up to the total (rule 5).
@available(FairDial 0.1, *)
struct Stopwatch: Sendable {
    private(set) var running: DialClock
    private var since: Duration
    private var elapsed: (queue: Duration, lookup: Duration, connect: Duration, handshake: Duration) =
        (.zero, .zero, .zero, .zero)

    /// A stopwatch that starts with this clock.
    init(running clock: DialClock, at now: Duration) {
        running = clock
        since = now
    }

    /// Stops the clock that runs and starts another one at the same instant.
    mutating func run(_ clock: DialClock, at now: Duration) {
        // An event that is told late, with its true time, may lie before a change that was told sooner.
        let now = max(now, since)
        let ran = now - since
        switch running {
        case .queue: elapsed.queue += ran
        case .lookup: elapsed.lookup += ran
        case .connect: elapsed.connect += ran
        case .handshake: elapsed.handshake += ran
        }
        running = clock
        since = now
    }

    /// How long the clock had run when it last stopped.
    subscript(clock: DialClock) -> Duration {
        switch clock {
        case .queue: elapsed.queue
        case .lookup: elapsed.lookup
        case .connect: elapsed.connect
        case .handshake: elapsed.handshake
        }
    }

    /// When the running clock will have run this long in all.
    func instant(when timeout: Duration) -> Duration {
        since + timeout - self[running]
    }
}
