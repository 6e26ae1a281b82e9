// SPDX-License-Identifier: Apache-2.0

import DNSResolution

/// Streams to the servers of a run.
struct SimulatedStreams: StreamTransport, @unchecked Sendable {
    let internet: SimulatedInternet

    var isPrivate: Bool { false }

    func open(_ server: NameServer, _ tell: @escaping @Sendable (StreamEvent) -> Void) -> any OpenStream {
        guard let place = internet.servers.firstIndex(where: { $0.endpoint == server.endpoint }) else {
            internet.run.fault("a stream to \(server), which nobody named")
            preconditionFailure("a stream to \(server), which nobody named")
        }
        let stream = SimulatedStream(to: place, over: internet, tell)
        internet.opened(stream)
        return stream
    }
}

/// One stream: being connected, there, ended.
final class SimulatedStream: OpenStream, @unchecked Sendable {
    private let internet: SimulatedInternet
    private let place: Int
    private var tell: (@Sendable (StreamEvent) -> Void)?
    /// When it is connected; `nil` when it never is.
    private var connects: UInt64?
    private(set) var isOver = false

    init(to place: Int, over internet: SimulatedInternet, _ tell: @escaping @Sendable (StreamEvent) -> Void) {
        self.internet = internet
        self.place = place
        self.tell = tell
    }

    private var server: PacketServer { internet.servers[place] }
    private var clock: SimulatedClock { internet.run.clock }

    func begin() {
        let longestConnect: UInt64 = 10_000_000_000
        if server.has(.refusesStreams) || internet.hasTrouble(3) {
            clock.after(server.roundTrip) { self.end("connection refused") }
        } else if server.has(.ignoresStreams) {
            clock.after(longestConnect) { self.end("connect timed out") }
        } else {
            connects = clock.now + server.roundTrip
        }
    }

    func send(_ message: [UInt8]) {
        guard !isOver else { return internet.run.fault("something is sent on a stream that is over") }
        guard let query = internet.willSend(message, to: place, port: nil) else { return }
        guard let connects else { return }
        let arrives = max(connects, clock.now) + server.roundTrip / 2
        if server.has(.closesStreams) || internet.hasTrouble(5) {
            clock.at(arrives + server.roundTrip / 2) { self.end("closed by the server") }
            return
        }
        guard case .message(let bytes, let meaning) = server.reply(to: query, isStream: true) else { return }
        clock.at(arrives + server.roundTrip / 2 + server.thinkingTime) {
            guard !self.isOver, let tell = self.tell else { return }
            self.internet.delivers(meaning, to: query, from: self.place)
            tell(.received(bytes))
        }
    }

    func readAll(_ done: @escaping @Sendable () -> Void) {
        // What has come by now is told before.
        let millisecond: UInt64 = 1_000_000
        clock.after(millisecond) { done() }
    }

    func close() {
        isOver = true
        tell = nil
    }

    private func end(_ reason: String) {
        guard !isOver, let tell else { return }
        close()
        tell(.closed(reason))
    }
}
