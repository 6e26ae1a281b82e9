// SPDX-License-Identifier: Apache-2.0

import CSockets
import NIOConcurrencyHelpers
import NIOCore
package import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// NIO's singleton loops, touched only where they can be had.
///
/// A loop is made of three descriptors and a thread, and NIO ends the process where it does not get them. So all of
/// that is asked for first and given back, once; where it is not to be had, the caller that wants a loop gets an error,
/// and may come again.
@available(FairDial 0.1, *)
package enum ProcessLoops {
    /// What is missing.
    package struct Shortage: Error, Hashable, Sendable {
        /// What of.
        package enum Kind: Hashable, Sendable {
            case descriptors
            case threads
            /// Nothing is short: the system, or the program, refuses loops.
            case refused
        }

        package let kind: Kind
        /// One clause for a person.
        package let reason: String
    }

    private static let lock = NIOLock()
    /// Set once, under the lock; every dial looks at it.
    private static let areThere = Atomic(false)

    /// The loops.
    package static func group() throws(Shortage) -> MultiThreadedEventLoopGroup {
        if !areThere.load(ordering: .acquiring) { try make() }
        return MultiThreadedEventLoopGroup.singleton
    }

    private static func make() throws(Shortage) {
        let lack = lock.withLock { () -> Shortage? in
            if areThere.load(ordering: .relaxed) { return nil }
            if let lack = self.lack { return lack }
            // Under the lock: of two threads that come together, the second must not take what the first has just
            // found.
            _ = MultiThreadedEventLoopGroup.singleton
            areThere.store(true, ordering: .releasing)
            return nil
        }
        if let lack { throw lack }
    }

    private static var lack: Shortage? {
        guard NIOSingletons.singletonsEnabledSuggestion else {
            return Shortage(kind: .refused, reason: "NIO's singleton loops are switched off in this program")
        }
        #if os(Linux)
            let count = NIOSingletons.groupLoopCountSuggestion
            var number: Int32 = 0
            let missing = fairdial_lack_for_loops(CInt(clamping: count), &number)
            // Where another part of the process has made the loops already, they have all that they need.
            if missing == 0 || haveBeenMade { return nil }
            let words = ErrorText.of(number)
            if missing == CInt(FAIRDIAL_LACKS_THREAD) {
                return Shortage(kind: .threads, reason: "no \(count) threads for event loops: \(words)")
            }
            let isShort = ErrorText.isShortage(number) || ErrorText.isOfMemory(number)
            return Shortage(
                kind: isShort ? .descriptors : .refused,
                reason: isShort ? "no descriptors for \(count) event loops: \(words)" : "no event loop: \(words)"
            )
        #else
            return nil
        #endif
    }

    #if os(Linux)
        /// Whether there is a thread that is called as NIO calls those of its singleton.
        private static var haveBeenMade: Bool {
            guard let folder = opendir("/proc/self/task") else { return false }
            var names: [String] = []
            while let entry = readdir(folder) {
                names.append(withUnsafePointer(to: &entry.pointee.d_name.0) { String(cString: $0) })
            }
            closedir(folder)
            return names.contains { name in
                guard let file = fopen("/proc/self/task/\(name)/comm", "re") else { return false }
                defer { fclose(file) }
                var line = [CChar](repeating: 0, count: 32)
                guard fgets(&line, CInt(line.count), file) != nil else { return false }
                return String(decoding: line.map { UInt8(bitPattern: $0) }, as: UTF8.self).hasPrefix("NIO-SGLTN-")
            }
        }
    #endif
}
