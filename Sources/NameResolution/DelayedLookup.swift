// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// A look-up that cannot begin yet; it may be taken back before.
final class DelayedLookup: LookupUnderWay {
    private enum State: Sendable {
        case delayed
        case begun(any LookupUnderWay)
        case withdrawn
    }

    private let state = NIOLockedValueBox(State.delayed)

    /// Whether nobody waits for it any more.
    var isWithdrawn: Bool {
        state.withLockedValue { if case .withdrawn = $0 { true } else { false } }
    }

    /// Begins it, unless it has been taken back.
    func begin(_ start: () -> any LookupUnderWay) {
        if isWithdrawn { return }
        let lookup = start()
        let mayStay = state.withLockedValue { state in
            if case .withdrawn = state { return false }
            state = .begun(lookup)
            return true
        }
        if !mayStay { _ = lookup.withdraw() }
    }

    func withdraw() -> Bool {
        let begun = state.withLockedValue { state -> (any LookupUnderWay)? in
            defer { state = .withdrawn }
            if case .begun(let lookup) = state { return lookup }
            return nil
        }
        return begun?.withdraw() ?? true
    }
}
