// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// Starts dials on the spot where the caller is on the loop already, but never without end inside one another.
///
/// A dial of a literal may be over before `start` returns, and its caller may start the next one from there: a program that
/// reconnects for ever would run out of stack. So from some depth on a start waits for the loop's next turn.
enum StartNesting {
    /// Belongs to one thread, so nobody shares it, whatever it calls itself.
    private final class Depth: @unchecked Sendable {
        var value = 0
    }

    private static let depth = ThreadSpecificVariable<Depth>()
    private static let limit = 16

    static func start(on loop: any EventLoop, _ body: @escaping @Sendable () -> Void) {
        guard loop.inEventLoop else { return loop.execute(body) }
        let depth = depth.currentValue ?? Depth()
        guard depth.value < limit else { return loop.execute(body) }
        if depth.value == 0 { Self.depth.currentValue = depth }
        depth.value += 1
        defer { depth.value -= 1 }
        body()
    }
}
