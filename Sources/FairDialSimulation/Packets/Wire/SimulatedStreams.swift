// SPDX-License-Identifier: Apache-2.0

import DNSResolution

/// Streams to the servers of a run.
struct SimulatedStreams: StreamTransport, @unchecked Sendable {
    let internet: SimulatedInternet

    var isPrivate: Bool { false }

    func open(_ server: NameServer, _ tell: @escaping @Sendable (StreamEvent) -> Void) -> any OpenStream {
        guard let place = internet.servers.firstIndex(where: { $0.endpoint == server.endpoint }) else {
            internet.run.fault("a stream to \(server), which is not configured")
            preconditionFailure("a stream to \(server), which is not configured")
        }
        internet.work.acts()
        internet.work.opensStream(to: place, at: internet.run.clock.now)
        let stream = SimulatedStream(to: place, over: internet, tell)
        internet.opened(stream, to: place)
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
    private var sent: [PacketQuery] = []

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
            clock.after(server.roundTrip) { self.end(.refused("connection refused")) }
        } else if server.has(.ignoresStreams) {
            clock.after(longestConnect) { self.end(.refused("connect timed out")) }
        } else {
            connects = clock.now + server.roundTrip
            if let adversary = internet.adversaries[place], adversary.talksFirst {
                carryOut(adversary.acts(on: nil, isStream: true, of: server), from: clock.now + server.roundTrip)
            }
        }
    }

    func send(_ message: [UInt8]) {
        guard !isOver else { return internet.run.fault("something is sent on a stream that is over") }
        internet.work.acts()
        guard let query = internet.willSend(message, to: place, port: nil) else { return }
        guard let connects else { return }
        sent.append(query)
        let arrives = max(connects, clock.now) + server.roundTrip / 2
        if let adversary = internet.adversaries[place] {
            let acts = adversary.acts(on: query, isStream: true, of: server)
            return carryOut(acts, from: arrives + server.roundTrip / 2)
        }
        if server.has(.closesStreams) || internet.hasTrouble(5) {
            clock.at(arrives + server.roundTrip / 2) { self.end(.closed("closed by the server")) }
            return
        }
        guard case .message(let bytes, let meaning) = server.reply(to: query, isStream: true) else { return }
        clock.at(arrives + server.roundTrip / 2 + server.thinkingTime) {
            guard !self.isOver, let tell = self.tell else { return }
            self.internet.work.reads()
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
        if !isOver { internet.work.endsStream(to: place) }
        internet.work.acts()
        isOver = true
        tell = nil
    }

    /// What an adversary does about a query, or about the stream alone.
    private func carryOut(_ acts: [PacketAdversary.Act], from time: UInt64) {
        for act in acts {
            clock.at(time + act.delay) {
                guard !self.isOver, let tell = self.tell else { return }
                switch act.kind {
                case .failed: return
                case .close: self.end(.closed("closed by the server"))
                case .message(let message):
                    self.internet.work.reads()
                    for query in self.sent { self.internet.book.note(message, to: query) }
                    tell(.received(message.bytes))
                }
            }
        }
    }

    private func end(_ event: StreamEvent) {
        guard !isOver, let tell else { return }
        close()
        tell(event)
    }
}
