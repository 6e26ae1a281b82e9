// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How many descriptors this process may still open.
@available(FairDial 0.1, *)
package enum FreeDescriptors {
    /// The lowest number that no descriptor may have (`RLIMIT_NOFILE`); `nil` where the system does not say.
    package static var limit: Int? {
        var limit = rlimit()
        #if canImport(Glibc)
            let status = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
            let status = getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        return status == 0 ? Int(clamping: limit.rlim_cur) : nil
    }

    /// Counts the free numbers, and no more than are wanted.
    ///
    /// Each number is asked for by itself, the highest first: those are mostly free, so a few calls do, and none of
    /// them waits, needs /proc, or takes a descriptor. Where a filter refuses the call, all are taken to be free.
    package static func count(upTo wanted: Int, within limit: Int? = limit) -> Int {
        guard let limit else { return wanted }
        var count = 0
        var number = CInt(clamping: limit) - 1
        // In a table that is nearly full the search for the rest ends soon.
        let last = max(0, number - CInt(clamping: wanted) - mostTaken)
        while count < wanted, number >= last {
            if fcntl(number, F_GETFD) < 0 {
                guard errno == EBADF else { return wanted }
                count += 1
            }
            number -= 1
        }
        return count
    }

    private static let mostTaken: CInt = 4_096
}
