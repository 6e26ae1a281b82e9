// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How many threads this process has had, at the moments it was read.
final class ThreadGauge {
    private(set) var most = 0

    func read() {
        most = max(most, Self.threads)
    }

    /// The process's peak resident memory, in whole megabytes.
    static var peakMemory: Int {
        var usage = rusage()
        #if canImport(Glibc)
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            return Int(usage.ru_maxrss) / 1_024
        #else
            getrusage(RUSAGE_SELF, &usage)
            return Int(usage.ru_maxrss) / 1_048_576
        #endif
    }

    private static var threads: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0
    }
}
