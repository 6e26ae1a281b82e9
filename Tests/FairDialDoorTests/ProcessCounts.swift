// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What this process holds, as the kernel counts it.
struct ProcessCounts: Equatable {
    /// Sockets, pipes and files; not the folder that is read to count them.
    let descriptors: Int
    let threads: Int
    /// KiB in memory.
    let memory: Int

    static func now() throws -> ProcessCounts {
        let files = FileManager.default
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return ProcessCounts(
            descriptors: try files.contentsOfDirectory(atPath: "/proc/self/fd").count,
            threads: try files.contentsOfDirectory(atPath: "/proc/self/task").count,
            memory: (pages.count > 1 ? Int(pages[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE))) / 1_024
        )
    }
}
