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

    /// A dial that brings a connection.
    private static func connect(_ state: inout TransportState<String>, _ name: String, at now: Duration = .zero) -> Int
    {
        let number = state.dials()
        guard case .taken = state.connected(name, at: now) else {
            Issue.record("\(name) is not taken")
            return 0
        }
        return number
    }

    private static func isRetired(
        _ state: inout TransportState<String>,
        _ number: Int,
        isDraining: Bool = false,
        at now: Duration = .seconds(1)
    ) -> Bool {
        state.retired(number, isDraining: isDraining, at: now) != nil
    }

    @Test func `a call waits for the first connection, and takes it`() {
        var state = TransportState<String>()
        #expect(Self.place(&state) == "wait")
        #expect(Self.connect(&state, "a") == 1)
        #expect(Self.place(&state) == "a 1")
        #expect(state.isCurrent(1))
    }

    @Test func `a call that found its connection gone waits for the next`() {
        var state = TransportState<String>()
        _ = Self.connect(&state, "a")
        #expect(Self.place(&state, after: 1) == "wait")
        #expect(Self.isRetired(&state, 1))
        #expect(!Self.isRetired(&state, 1))
        #expect(!state.isCurrent(1))
        #expect(Self.connect(&state, "b") == 2)
        #expect(Self.place(&state, after: 1) == "b 2")
        // What is said of the old one is nothing to the new one.
        #expect(!Self.isRetired(&state, 1))
        #expect(state.isCurrent(2))
    }

    @Test func `after a failed dial calls fail, but for those that wait for better times`() {
        var state = TransportState<String>()
        _ = state.dials()
        #expect(state.failed(Self.error).isEmpty == true)
        #expect(state.failuresInARow == 1)
        #expect(Self.place(&state) == "fail unavailable")
        #expect(Self.place(&state, waits: true) == "wait")
        _ = state.dials()
        #expect(Self.place(&state) == "wait")
        _ = state.failed(Self.error)
        #expect(state.failuresInARow == 2)
    }

    @Test func `a connection that nobody used is no failure when it is closed after a while`() {
        var state = TransportState<String>()
        for number in 1...3 {
            _ = Self.connect(&state, "idle", at: .seconds(100 * number))
            #expect(Self.isRetired(&state, number, at: .seconds(100 * number + 1)))
            // The next call waits for a dial, and for no back-off: minutes of it, once a night had gone by.
            #expect(state.failuresInARow == 0)
            #expect(Self.place(&state) == "wait")
        }
    }

    @Test func `one that is closed at once is as bad as none, and calls are told`() {
        var state = TransportState<String>()
        for number in 1...3 {
            _ = Self.connect(&state, "a", at: .zero)
            #expect(Self.isRetired(&state, number, at: .milliseconds(999)))
            #expect(state.failuresInARow == number)
            #expect(Self.place(&state, after: number) == "fail unavailable")
            #expect(Self.place(&state, waits: true) == "wait")
        }
        // One that lasts ends it.
        _ = Self.connect(&state, "b", at: .zero)
        #expect(Self.isRetired(&state, 4, at: .seconds(1)))
        #expect(state.failuresInARow == 0)
    }

    @Test func `a call that went well proves a connection, however short it lasts`() {
        var state = TransportState<String>()
        _ = state.dials()
        _ = state.failed(Self.error)
        _ = Self.connect(&state, "a")
        state.proved(2)
        #expect(state.failuresInARow == 0)
        #expect(Self.isRetired(&state, 2, at: .zero))
        #expect(state.failuresInARow == 0)
        #expect(Self.place(&state) == "wait")
        // Of an old one it says nothing.
        _ = Self.connect(&state, "b")
        state.proved(2)
        #expect(Self.isRetired(&state, 3, at: .zero))
        #expect(state.failuresInARow == 1)
    }

    @Test func `a server that lets a call end has not failed, and one that takes none has`() {
        var state = TransportState<String>()
        _ = Self.connect(&state, "a")
        state.began(on: 1)
        #expect(Self.isRetired(&state, 1, isDraining: true, at: .zero))
        #expect(state.failuresInARow == 0)
        _ = Self.connect(&state, "b")
        state.began(on: 1)
        #expect(Self.isRetired(&state, 2, isDraining: true, at: .zero))
        #expect(state.failuresInARow == 1)
        _ = Self.connect(&state, "c")
        state.began(on: 3)
        #expect(Self.isRetired(&state, 3, isDraining: false, at: .zero))
        #expect(state.failuresInARow == 2)
    }

    @Test func `a connection that is gone before it is handed out is none`() {
        var state = TransportState<String>()
        let number = state.dials()
        #expect(!Self.isRetired(&state, number, isDraining: true))
        guard case .gone(let told, let error) = state.connected("a", at: .zero) else {
            Issue.record("it is handed out")
            return
        }
        #expect(told.isEmpty)
        #expect(error.code == .unavailable)
        #expect(state.failuresInARow == 1)
        #expect(Self.place(&state) == "fail unavailable")
        _ = Self.connect(&state, "b")
        #expect(Self.place(&state) == "b 2")
    }

    @Test func `a closed one takes no calls, and wants no connection`() {
        var state = TransportState<String>()
        let number = state.dials()
        #expect(state.close().isEmpty == true)
        #expect(state.isClosed)
        #expect(Self.place(&state, waits: true) == "fail failedPrecondition")
        if case .unwanted = state.connected("late", at: .zero) {} else { Issue.record("it is taken") }
        #expect(state.failed(Self.error).isEmpty == true)
        #expect(!Self.isRetired(&state, number))
        _ = state.dials()
        #expect(state.isClosed)
    }
}
