// SPDX-License-Identifier: Apache-2.0

import GRPCCore
import Testing

@testable import FairDialGRPC

@Suite struct `The state of a transport` {
    private static let error = RPCError(code: .unavailable, message: "no")

    private static func words(_ place: TransportState<String>.Place) -> String {
        switch place {
        case .connection(let name, let number): "\(name) \(number)"
        case .wait: "wait"
        case .fail(let error): "fail \(error.code)"
        }
    }

    private static func place(
        _ state: inout TransportState<String>,
        after last: Int? = nil,
        waits: Bool = false
    ) -> String {
        words(state.place(after: last, waitsForReady: waits))
    }

    @Test func `a call waits for the first connection, and takes it`() {
        var state = TransportState<String>()
        #expect(Self.place(&state) == "wait")
        #expect(state.connected("a")?.number == 1)
        #expect(Self.place(&state) == "a 1")
        #expect(state.isCurrent(1))
    }

    @Test func `a call that found its connection gone waits for the next`() {
        var state = TransportState<String>()
        _ = state.connected("a")
        #expect(Self.place(&state, after: 1) == "wait")
        #expect(state.retired(1) == true)
        #expect(state.retired(1) == false)
        #expect(!state.isCurrent(1))
        #expect(state.connected("b")?.number == 2)
        #expect(Self.place(&state, after: 1) == "b 2")
        // What is said of the old one is nothing to the new one.
        #expect(state.retired(1) == false)
        state.proved(1)
        #expect(state.failuresInARow == 1)
    }

    @Test func `after a failed dial calls fail, but for those that wait for better times`() {
        var state = TransportState<String>()
        #expect(state.failed(Self.error).isEmpty == true)
        #expect(state.failuresInARow == 1)
        #expect(Self.place(&state) == "fail unavailable")
        #expect(Self.place(&state, waits: true) == "wait")
        state.dials()
        #expect(Self.place(&state) == "wait")
        _ = state.failed(Self.error)
        #expect(state.failuresInARow == 2)
    }

    @Test func `a connection proves itself by a call; else its end is a failure`() {
        var state = TransportState<String>()
        _ = state.connected("a")
        #expect(state.retired(1) == true)
        #expect(state.failuresInARow == 1)
        _ = state.connected("b")
        state.proved(2)
        #expect(state.failuresInARow == 0)
        #expect(state.retired(2) == true)
        #expect(state.failuresInARow == 0)
    }

    @Test func `a closed one takes no calls, and wants no connection`() {
        var state = TransportState<String>()
        #expect(state.close().isEmpty == true)
        #expect(state.isClosed)
        #expect(Self.place(&state, waits: true) == "fail failedPrecondition")
        #expect(state.connected("late") == nil)
        #expect(state.failed(Self.error).isEmpty == true)
        #expect(state.retired(0) == false)
    }
}
