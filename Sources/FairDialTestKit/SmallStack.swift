// SPDX-License-Identifier: Apache-2.0

import NameResolution
import SystemSupport

/// A thread with a stack so small that recursion over a long list overflows it.
@available(FairDial 0.1, *)
package enum SmallStack {
    /// The stack of the smallest threads of ours (`DetachedThread`), in bytes; a debug build's frames find room in it.
    package static let size = 64 * 1024

    /// Runs something there.
    ///
    /// - Returns: what it brings; `nil` where there is no thread to be had.
    package static func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result? {
        await withCheckedContinuation { continuation in
            let failure = DetachedThread.start(stackSize: size) { continuation.resume(returning: body()) }
            if failure != nil { continuation.resume(returning: nil) }
        }
    }
}
