// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NIOConcurrencyHelpers

/// A lookup that cannot begin yet; it may be cancelled before.
@available(FairDial 0.1, *)
final class DelayedLookup: ListedLookup {
    private enum State: Sendable {
        case delayed
        case begun(any LookupHandle)
        case cancelled
    }

    private let state = NIOLockedValueBox(State.delayed)

    /// Whether no caller waits for it any more.
    var isCancelled: Bool {
        state.withLockedValue { if case .cancelled = $0 { true } else { false } }
    }

    /// Begins it, unless it has been cancelled.
    func begin(_ start: () -> any LookupHandle) {
        if isCancelled { return }
        let lookup = start()
        let mayStay = state.withLockedValue { state in
            if case .cancelled = state { return false }
            state = .begun(lookup)
            return true
        }
        if !mayStay { _ = lookup.cancel() }
    }

    /// Before it begins there is nothing to read.
    func catchUp(late: Duration) -> Bool { begun?.catchUp(late: late) ?? false }

    var silentServers: [Endpoint] { begun?.silentServers ?? [] }

    var source: LookupSource? { begun?.listed?.source }

    var id: UInt64? { begun?.id }

    private var begun: (any LookupHandle)? {
        guard case .begun(let lookup) = state.withLockedValue({ $0 }) else { return nil }
        return lookup
    }

    func cancel() -> Bool {
        let begun = state.withLockedValue { state -> (any LookupHandle)? in
            defer { state = .cancelled }
            if case .begun(let lookup) = state { return lookup }
            return nil
        }
        return begun?.cancel() ?? true
    }
}
