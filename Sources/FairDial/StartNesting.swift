// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// Starts dials on the spot where the caller is on the loop already, but never without end inside one another.
///
/// A dial of a literal may be over before the caller has its future, and then whatever the caller hangs on it runs at once:
/// a program that reconnects for ever would run out of stack. So in one turn of the loop only so many dials start on the
/// spot; the next ones wait for the next turn.
enum StartNesting {
    /// Belongs to one thread, so nobody shares it, whatever it calls itself.
    private final class Turn: @unchecked Sendable {
        var starts = 0
    }

    private static let turn = ThreadSpecificVariable<Turn>()
    /// Each may add some kilobytes to the stack.
    private static let limit = 32

    static func start(on loop: any EventLoop, _ body: @escaping @Sendable () -> Void) {
        guard loop.inEventLoop else { return loop.execute(body) }
        let turn = turn.currentValue ?? Turn()
        guard turn.starts < limit else { return loop.execute(body) }
        if turn.starts == 0 {
            Self.turn.currentValue = turn
            loop.execute { turn.starts = 0 }
        }
        turn.starts += 1
        body()
    }
}
