// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// Starts dials at once where the caller is on the loop already and the stack is still shallow.
///
/// A dial of a literal may be over before the caller has its future, and then the callbacks that the caller adds to it
/// run at once: a program that reconnects for ever would run out of stack. So a start that finds the stack deep waits
/// for the loop's next turn, where it is shallow again.
@available(FairDial 0.1, *)
enum StartNesting {
    private final class Stack {
        /// The highest address at which a start has been seen: stacks grow downwards.
        var shallowest: UInt = 0
    }

    // The compiler cannot see that this is safe: each thread reads and writes only the `Stack` that it made itself.
    private nonisolated(unsafe) static let stack = ThreadSpecificVariable<Stack>()

    /// How many bytes deeper than the shallowest a start may be; a small part of any thread's stack.
    private static let limit: UInt = 12 * 1024

    static func start(on loop: any EventLoop, _ body: @escaping @Sendable () -> Void) {
        guard loop.inEventLoop, !isDeep() else { return loop.execute(body) }
        body()
    }

    /// Whether this thread's stack is deep here.
    static func isDeep() -> Bool {
        let stack: Stack
        if let known = Self.stack.currentValue {
            stack = known
        } else {
            stack = Stack()
            Self.stack.currentValue = stack
        }
        let here = withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { UInt(bitPattern: $0.baseAddress) }
        stack.shallowest = max(stack.shallowest, here)
        return stack.shallowest - here >= limit
    }
}
