// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// This machine's name.
@available(FairDial 0.1, *)
package enum Hostname {
    /// As `gethostname` tells it; empty where it does not.
    package static var current: String {
        let longest = 256
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: longest + 1) { buffer in
            guard let start = buffer.baseAddress, gethostname(start, longest) == 0 else { return "" }
            buffer[longest] = 0
            return String(cString: start)
        }
    }
}
