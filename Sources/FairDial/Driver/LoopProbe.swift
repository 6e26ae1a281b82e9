// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore

/// Tells whether an event loop has been shut down: such a loop silently drops at once what it is to execute.
@available(FairDial 0.1, *)
enum LoopProbe {
    private enum Fate: Sendable {
        case onItsWay, arrived, lost
    }

    private final class Visit: Sendable {
        private let fate: NIOLockedValueBox<Fate>

        init(_ fate: NIOLockedValueBox<Fate>) {
            self.fate = fate
        }

        func arrive() {
            fate.withLockedValue { $0 = .arrived }
        }

        deinit {
            fate.withLockedValue { if $0 == .onItsWay { $0 = .lost } }
        }
    }

    /// Whether the loop takes nothing any more; from any thread.
    static func isGone(_ loop: any EventLoop) -> Bool {
        if loop.inEventLoop { return false }
        let fate = NIOLockedValueBox(Fate.onItsWay)
        send(to: loop, fate)
        return fate.withLockedValue { $0 == .lost }
    }

    /// A call of its own, so that nothing here keeps the closure alive any longer.
    @inline(never)
    private static func send(to loop: any EventLoop, _ fate: NIOLockedValueBox<Fate>) {
        let visit = Visit(fate)
        loop.execute { visit.arrive() }
    }
}
