// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NameResolution
import SystemSupport

/// Streams are read by NIO's loops and not by the thread: before it looks at the clock, the loops are asked to have
/// read (rule 6).
@available(FairDial 0.1, *)
extension DNSEngine {
    /// How far the loops have read.
    struct StreamReading: Sendable {
        /// As of when all has been told that had come over streams.
        private(set) var until: Duration = .zero
        /// When the loops were asked for more; `nil` when they need not say anything.
        private(set) var asked: Duration?
        private var pending = 0

        /// A loop that its program blocks is not waited for longer than this: no other lookup's time may depend on it.
        private static let timeout = Duration.milliseconds(500)

        /// Until when the loops are waited for; `nil` when they are not.
        var end: Duration? { asked.map { $0 + Self.timeout } }

        /// How many streams are asked.
        mutating func ask(_ count: Int, at now: Duration) {
            asked = now
            pending = count
        }

        /// One of them has told everything.
        ///
        /// - Returns: whether it was the last one.
        mutating func hasRead() -> Bool {
            guard asked != nil else { return false }
            pending -= 1
            guard pending <= 0 else { return false }
            finish()
            return true
        }

        /// Gives up those that have not answered.
        mutating func giveUp(at now: Duration) {
            if let end, now >= end { finish() }
        }

        private mutating func finish() {
            until = asked ?? until
            asked = nil
        }
    }

    var openStreams: [any OpenStream] {
        streams.withLockedValue { $0.isEmpty ? [] : $0.values.compactMap { $0 } }
    }

    func ask(_ streams: [any OpenStream]) {
        for stream in streams {
            stream.readAll { [self] in
                let mustWake = outbox.withMachine { machine -> Bool in
                    guard machine.streamReading.hasRead() else { return false }
                    defer { machine.sleepsUntil = nil }
                    return machine.sleepsUntil != nil
                }
                if mustWake { datagrams.wakeReader() }
            }
        }
    }
}
