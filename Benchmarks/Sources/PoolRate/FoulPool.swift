// SPDX-License-Identifier: Apache-2.0

import DequeModule
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A pool as drivers write it: it dials with stock NIO, two at a time, and a dial holds its place from its start, the
/// lookup included, which stands in one queue with every other lookup of the loop.
final class FoulPool: PicturedPool {
    private static let connectingLimit = 2

    private struct State: Sendable {
        var idle: [any Channel] = []
        var established = 0
        var connecting = 0
        var waiting = Deque<EventLoopPromise<any Channel>>()
    }

    private let host: String
    private let port: Int
    private let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
    private let state = NIOLockedValueBox(State())

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    var counts: (size: Int, waiting: Int) { state.withLockedValue { ($0.established, $0.waiting.count) } }

    func call(for use: TimeAmount) -> EventLoopFuture<Void> {
        loop.flatSubmit {
            self.checkOut().flatMap { channel in
                channel.eventLoop.scheduleTask(in: use) { self.checkIn(channel) }.futureResult
            }
        }
    }

    func beginStorm(feeds: Int, port: Int) {
        for feed in 0..<feeds { _ = ClientBootstrap(group: loop).connect(host: "n\(feed).slow.test", port: port) }
    }

    private func checkOut() -> EventLoopFuture<any Channel> {
        if let channel = state.withLockedValue({ $0.idle.popLast() }) { return loop.makeSucceededFuture(channel) }
        let promise = loop.makePromise(of: (any Channel).self)
        state.withLockedValue { $0.waiting.append(promise) }
        let timer = loop.scheduleTask(in: PictureRun.waitTimeout) {
            // All wait equally long, so it is the first.
            if let first = self.state.withLockedValue({ $0.waiting.popFirst() }) {
                first.fail(ChannelError.connectTimeout(PictureRun.waitTimeout))
            }
        }
        promise.futureResult.whenSuccess { _ in timer.cancel() }
        grow()
        return promise.futureResult
    }

    private func checkIn(_ channel: any Channel) {
        let next = state.withLockedValue { state in
            let next = state.waiting.popFirst()
            if next == nil { state.idle.append(channel) }
            return next
        }
        next?.succeed(channel)
    }

    private func grow() {
        let dials = state.withLockedValue { state in
            let left = PictureRun.size - state.established - state.connecting
            let room = min(Self.connectingLimit - state.connecting, left)
            let dials = max(0, min(room, state.waiting.count - state.connecting))
            state.connecting += dials
            return dials
        }
        for _ in 0..<dials {
            let dial = ClientBootstrap(group: loop).connectTimeout(.seconds(5)).connect(host: host, port: port)
            dial.whenComplete { result in
                self.state.withLockedValue {
                    $0.connecting -= 1
                    if case .success = result { $0.established += 1 }
                }
                if case .success(let channel) = result { self.checkIn(channel) }
                self.grow()
            }
        }
    }
}
