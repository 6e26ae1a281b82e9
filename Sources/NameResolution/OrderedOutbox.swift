// SPDX-License-Identifier: Apache-2.0

package import NIOConcurrencyHelpers

/// A machine behind a lock, whose actions are carried out in order and outside the lock.
///
/// Whoever changes the machine puts the actions into an outbox under the lock; one thread at a time empties it. So no
/// callback runs under a lock, callbacks may come back with further changes, and nothing overtakes anything.
package final class OrderedOutbox<Machine: Sendable, Action: Sendable>: Sendable {
    @usableFromInline
    struct State: Sendable {
        @usableFromInline var machine: Machine
        @usableFromInline var outbox: [Action] = []
        @usableFromInline var isBeingEmptied = false

        @inlinable
        init(machine: Machine) {
            self.machine = machine
        }
    }

    @usableFromInline let state: NIOLockedValueBox<State>

    /// - Parameter machine: the machine in its first state.
    @inlinable
    package init(_ machine: Machine) {
        state = NIOLockedValueBox(State(machine: machine))
    }

    /// Changes the machine, and sees to it that what follows is done: here, or by the thread that is at it already.
    ///
    /// - Parameters:
    ///   - carryOut: does one action, the same way in every call; calls come one at a time.
    ///   - change: what is to happen to the machine.
    @inlinable
    package func update(carryingOut carryOut: (Action) -> Void, _ change: (inout Machine) -> [Action]) {
        let mustEmpty = state.withLockedValue { state in
            state.outbox += change(&state.machine)
            guard !state.isBeingEmptied, !state.outbox.isEmpty else { return false }
            state.isBeingEmptied = true
            return true
        }
        guard mustEmpty else { return }
        while let actions = nextActions() {
            for action in actions { carryOut(action) }
        }
    }

    /// Reads or changes the machine where nothing is to be done about it.
    @inlinable
    @inline(__always)
    package func withMachine<Result>(_ body: (inout Machine) -> Result) -> Result {
        state.withLockedValue { body(&$0.machine) }
    }

    @inlinable
    func nextActions() -> [Action]? {
        state.withLockedValue { state in
            guard !state.outbox.isEmpty else {
                state.isBeingEmptied = false
                return nil
            }
            defer { state.outbox = [] }
            return state.outbox
        }
    }
}
