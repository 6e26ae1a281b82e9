// SPDX-License-Identifier: Apache-2.0

/// A machine behind a lock, whose actions are carried out in order and outside the lock.
///
/// For a module that writes a resolver or a client of its own. The thread that changes the machine puts the actions
/// into an outbox under the lock; one thread at a time empties it. So no callback runs under a lock, callbacks may come
/// back with further changes, and nothing overtakes anything.
@available(FairDial 0.1, *)
public final class OrderedOutbox<Machine: ~Copyable, Action: Sendable>: Sendable {
    @usableFromInline
    struct State: ~Copyable {
        @usableFromInline var machine: Machine
        @usableFromInline var outbox: [Action] = []
        @usableFromInline var isBeingEmptied = false

        @inlinable
        init(machine: consuming Machine) {
            self.machine = machine
        }
    }

    @usableFromInline let state: Locked<State>

    /// - Parameter machine: the machine in its first state.
    @inlinable
    public init(_ machine: consuming sending Machine) {
        state = Locked(State(machine: machine))
    }

    /// Changes the machine, and sees to it that what follows is done: here, or by the thread that empties the outbox
    /// already.
    ///
    /// - Parameters:
    ///   - carryOut: does one action, the same way in every call; calls come one at a time.
    ///   - change: what is to happen to the machine; it returns what is to be done.
    @inlinable
    public func update(carryingOut carryOut: (Action) -> Void, _ change: (inout Machine) -> [Action]) {
        update(carryingOut: carryOut) { machine, outbox in outbox += change(&machine) }
    }

    /// Changes the machine, and sees to it that what follows is done: here, or by the thread that empties the outbox
    /// already.
    ///
    /// - Parameters:
    ///   - carryOut: does one action, the same way in every call; calls come one at a time.
    ///   - change: what is to happen to the machine; it puts what is to be done behind what is there.
    /// - Returns: what `change` does.
    @inlinable
    @discardableResult
    public func update<Result>(
        carryingOut carryOut: (Action) -> Void,
        _ change: (inout Machine, inout [Action]) -> Result
    ) -> Result {
        let (result, mustEmpty) = state.withLock { state in
            let result = change(&state.machine, &state.outbox)
            guard !state.isBeingEmptied, !state.outbox.isEmpty else { return (result, false) }
            state.isBeingEmptied = true
            return (result, true)
        }
        guard mustEmpty else { return result }
        var actions: [Action] = []
        while takeOutbox(&actions) {
            for action in actions { carryOut(action) }
            actions.removeAll(keepingCapacity: actions.capacity <= Self.roomToKeep)
        }
        return result
    }

    /// Reads or changes the machine where no actions follow.
    @inlinable
    @inline(__always)
    public func withMachine<Result>(_ body: (inout Machine) -> Result) -> Result {
        state.withLock { body(&$0.machine) }
    }

    /// Room for this many actions is kept from one update to the next; a burst's is given back.
    @inlinable static var roomToKeep: Int { 1_024 }

    /// Takes what is there, and leaves the emptied array's capacity for later actions.
    ///
    /// - Returns: whether there was anything.
    @inlinable
    func takeOutbox(_ actions: inout [Action]) -> Bool {
        state.withLock { state in
            let isEmpty = state.outbox.isEmpty
            if isEmpty { state.isBeingEmptied = false }
            if !isEmpty || state.outbox.capacity < actions.capacity { swap(&state.outbox, &actions) }
            return !isEmpty
        }
    }
}
