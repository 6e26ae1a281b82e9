// SPDX-License-Identifier: Apache-2.0

import Dispatch
import FairDialTestKit
import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NameResolution
import Testing

@testable import FairDial

/// A loop whose last turn is the one in which it is told of a dial.
@Suite(.timeLimit(.minutes(15))) struct `Rule 9: a bootstrap's dial ends in its loop's last turn` {
    /// Runs the first thing that it is given, in which no timer can be set any more, and drops all others.
    private final class LastTurn: EventLoop {
        private struct State: Sendable {
            var isOver = false
            var isRunning = false
        }

        private let state = NIOLockedValueBox(State())

        var inEventLoop: Bool { state.withLockedValue { $0.isRunning } }

        func execute(_ task: @escaping @Sendable () -> Void) {
            let isFirst = state.withLockedValue { state in
                defer { state.isOver = true }
                state.isRunning = !state.isOver
                return state.isRunning
            }
            guard isFirst else { return }
            task()
            state.withLockedValue { $0.isRunning = false }
        }

        func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
            preconditionFailure("nothing is to be scheduled here")
        }

        func scheduleTask<T>(in: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
            preconditionFailure("nothing is to be scheduled here")
        }

        func scheduleCallback(
            at deadline: NIODeadline,
            handler: some NIOScheduledCallbackHandler & Sendable
        ) throws -> NIOScheduledCallback {
            throw EventLoopError.shutdown
        }

        func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
            queue.async { callback(nil) }
        }
    }

    /// A script's network that any loop will do for.
    private final class Network: Connector {
        private let base: ScriptedNetwork

        init(_ base: ScriptedNetwork) {
            self.base = base
        }

        func open(_ destination: Destination, with setup: SocketSetup) -> AttemptSocket.Opening {
            base.open(destination, with: setup)
        }

        func ask(_ socket: AttemptSocket) -> AttemptSocket.Progress { base.ask(socket) }

        func watch(
            _ socket: AttemptSocket,
            _ report: @escaping @Sendable (NIODeadline) -> Void
        ) throws(AttemptFailure) -> AttemptSocket.WatchToken {
            try base.watch(socket, report)
        }

        func isWatching(_ token: AttemptSocket.WatchToken) -> Bool { base.isWatching(token) }

        func forget(_ token: AttemptSocket.WatchToken, _ socket: AttemptSocket) { base.forget(token, socket) }

        func makeChannel(
            of socket: AttemptSocket,
            over transport: Transport,
            on loop: any EventLoop,
            initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
        ) -> EventLoopFuture<any Channel> {
            base.makeChannel(of: socket, over: transport, on: loop, initializer: initializer)
        }

        func makesChannels(on group: any EventLoopGroup) -> Bool { true }

        func close(_ socket: AttemptSocket) { base.close(socket) }

        func candidates(for addresses: [IPAddress]) -> [DestinationOrder.Candidate] { base.candidates(for: addresses) }

        var waitingRoom: WaitingRoom { base.waitingRoom }
    }

    @Test func `for its task too, which no loop calls back any more`() async throws {
        let network = try ScriptedNetwork(on: ManualClock(), reaching: ["192.0.2.1:80": .hangs])
        var configuration = DialerConfiguration()
        configuration.connector = Network(network)
        let dialer = Dialer(configuration)
        let error = NIOLockedValueBox<DialError?>(nil)
        let dial = Task {
            do {
                try await FairBootstrap(group: LastTurn(), dialer: dialer)
                    .connect(host: "192.0.2.1", port: 80) { $0.eventLoop.makeSucceededVoidFuture() }
            } catch let failure as DialError {
                error.withLockedValue { $0 = failure }
            }
        }
        // Nothing reports that it does not end.
        for _ in 0..<10_000 where error.withLockedValue({ $0 == nil }) { try await Task.sleep(for: .milliseconds(1)) }
        #expect(error.withLockedValue { $0?.code } == .eventLoopShutdown)
        #expect(network.open.isEmpty)
        dial.cancel()
    }
}
