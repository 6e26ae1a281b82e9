// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NameResolution

/// Notes what one caller of a resolver is told.
final class Receiver: Sendable {
    private struct State: Sendable {
        var events: [LookupEvent] = []
        var waits: [CheckedContinuation<Void, Never>] = []
    }

    private let state = NIOLockedValueBox(State())

    var events: [LookupEvent] { state.withLockedValue { $0.events } }

    @Sendable
    func receive(_ event: LookupEvent) {
        let waits = state.withLockedValue { state in
            state.events.append(event)
            guard case .ended = event else { return [] as [CheckedContinuation<Void, Never>] }
            defer { state.waits = [] }
            return state.waits
        }
        for wait in waits { wait.resume() }
    }

    /// Returns once `ended` has come.
    func ended() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLockedValue { state in
                if state.events.contains(where: \.isEnd) { return true }
                state.waits.append(continuation)
                return false
            }
            if hasEnded { continuation.resume() }
        }
    }
}

extension LookupEvent {
    var isEnd: Bool {
        if case .ended = self { true } else { false }
    }
}
