// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOPosix

/// What this process holds: for tests that have a process to themselves, so that every descriptor is theirs.
struct Held: CustomStringConvertible {
    let descriptors: Int
    let threads: Int
    /// Resident, in bytes.
    let memory: Int

    static func now() throws -> Held {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return Held(
            descriptors: try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count,
            threads: try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count,
            memory: (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
        )
    }

    var description: String { "\(descriptors) descriptors, \(threads) threads, \(memory >> 20) MiB" }

    /// How much memory may come and go for the allocator's own reasons.
    static let slack = 24 << 20

    /// Whether nothing is held that was not before, but for the few things that are made once, when they are first
    /// needed, and stay: threads of the runtime's and of NIO's pools, and their descriptors.
    func isNoMore(than before: Held) -> Bool {
        descriptors <= before.descriptors + 4 && threads <= before.threads + 4 && memory <= before.memory + Self.slack
    }

    /// Looks until nothing more is held than before, or 20 s have passed; closing a channel takes its loop a moment.
    static func settled(at before: Held) async throws -> Held {
        let end = ContinuousClock.now + .seconds(20)
        while true {
            let held = try now()
            if held.isNoMore(than: before) || ContinuousClock.now > end { return held }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
