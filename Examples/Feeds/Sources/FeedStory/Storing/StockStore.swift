// SPDX-License-Identifier: Apache-2.0

import BSON
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// The foul side's client: a pool that grows as callers come, over stock SwiftNIO. Each caller's timer is the connect
/// timeout, and it has begun before the connection's name is looked up.
package final class StockStore: LinkStore {
    private struct State: Sendable {
        var idle: [any Channel] = []
        var size = 0
        var ready = 0
        var waiters: [(id: Int, promise: EventLoopPromise<any Channel>)] = []
        var lastWaiter = 0
    }

    private static let database = "story"

    private let stock: StockBootstrap
    private let host: String
    private let port: Int
    private let maximumSize: Int
    private let recorder: PoolRecorder
    private let state = NIOLockedValueBox(State())

    package init(_ stock: StockBootstrap, host: String, port: Int, maximumSize: Int, recorder: PoolRecorder) {
        self.stock = stock
        self.host = host
        self.port = port
        self.maximumSize = maximumSize
        self.recorder = recorder
    }

    package func greet() async throws {
        try await run(["ping": .int32(1), "$db": "admin"])
    }

    package func store(_ link: FeedLink) async throws {
        let document: BSONDocument = [
            "_id": .objectID(ObjectID()), "feed": .string(link.feed), "url": .string(link.url),
            "title": .string(link.title),
        ]
        try await run(["insert": "links", "$db": .string(Self.database), "documents": [.document(document)]])
    }

    package func close() async {
        let channels = state.withLockedValue { state in
            defer { state.idle = [] }
            return state.idle
        }
        for channel in channels { try? await channel.close() }
    }

    private func run(_ command: BSONDocument) async throws {
        let channel = try await checkOut()
        do {
            try await WireClient.send(command, on: channel).get()
            giveBack(channel)
        } catch {
            try? await channel.close()
            drop()
            throw error
        }
    }

    // MARK: - The pool

    private enum Step {
        case take(any Channel)
        case dial
        case wait(Int, EventLoopFuture<any Channel>)
    }

    private func checkOut() async throws -> any Channel {
        let clock = ContinuousClock()
        let start = clock.now
        defer { recorder.waited(start.duration(to: clock.now)) }
        let step = state.withLockedValue { state -> Step in
            if let channel = state.idle.popLast() { return .take(channel) }
            if state.size < maximumSize {
                state.size += 1
                return .dial
            }
            state.lastWaiter += 1
            let promise = stock.group.any().makePromise(of: (any Channel).self)
            state.waiters.append((state.lastWaiter, promise))
            return .wait(state.lastWaiter, promise.futureResult)
        }
        note()
        switch step {
        case .take(let channel): return channel
        case .dial: return try await dial()
        case .wait(let id, let future):
            let timer = stock.group.any().scheduleTask(in: StockBootstrap.connectTimeout) { self.giveUp(id) }
            defer { timer.cancel() }
            return try await future.get()
        }
    }

    private func dial() async throws -> any Channel {
        let clock = ContinuousClock()
        let start = clock.now
        do {
            let channel = try await stock.connect(to: host, port: port) { WireClient.install(on: $0) }.get()
            try await WireClient.send(["hello": .int32(1), "$db": "admin"], on: channel).get()
            state.withLockedValue { $0.ready += 1 }
            recorder.made(after: start.duration(to: clock.now))
            note()
            return channel
        } catch {
            state.withLockedValue { $0.size -= 1 }
            throw error
        }
    }

    private func giveBack(_ channel: any Channel) {
        let next = state.withLockedValue { state -> EventLoopPromise<any Channel>? in
            guard state.waiters.isEmpty else { return state.waiters.removeFirst().promise }
            state.idle.append(channel)
            return nil
        }
        next?.succeed(channel)
        note()
    }

    private func drop() {
        state.withLockedValue { state in
            state.size -= 1
            state.ready -= 1
        }
        note()
    }

    private func giveUp(_ id: Int) {
        let promise = state.withLockedValue { state -> EventLoopPromise<any Channel>? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index).promise
        }
        promise?.fail(ChannelError.connectTimeout(StockBootstrap.connectTimeout))
        note()
    }

    /// A caller that dials has no connection, so it is one that waits.
    private func note() {
        let (size, waiting) = state.withLockedValue { ($0.ready, $0.waiters.count + $0.size - $0.ready) }
        recorder.note(size: size, waiting: waiting)
    }
}
