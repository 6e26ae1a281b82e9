// SPDX-License-Identifier: Apache-2.0

import NameResolution
import SystemSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The kernel's table of this process's descriptors.
@available(FairDial 0.1, *)
enum DescriptorTable {
    /// How many descriptors this process may have open; `nil` when the system does not say.
    static var limit: Int? { FreeDescriptors.limit }

    /// Grows the table to this many descriptors in one step.
    ///
    /// Linux starts with 64 and doubles the table when it is full, and in a process with threads each time waits for an
    /// RCU grace period, many milliseconds long, together with every thread that wants a socket then: a burst of
    /// lookups would hold up a dial that has nothing to do with it.
    static func makeRoom(for count: Int) {
        #if os(Linux)
            guard let limit, limit > 0 else { return }
            let highest = min(count, limit - 1)
            // Without a descriptor to spare, the table grows as it would have.
            let low = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard low >= 0 else { return }
            let high = fcntl(low, F_DUPFD_CLOEXEC, CInt(clamping: highest))
            if high >= 0 { close(high) }
            close(low)
        #endif
    }
}
