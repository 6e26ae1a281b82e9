// SPDX-License-Identifier: Apache-2.0

import DNSResolution

/// Sockets for datagrams in a run, and the reader for all of them, like the kernel's: it sleeps, is woken, may be late,
/// and ends.
final class SimulatedDatagrams: DatagramTransport, @unchecked Sendable {
    private let internet: SimulatedInternet
    private(set) var ports: [SimulatedPort] = []
    private var receiver: (any DatagramReceiver)?
    private var nextTurn: UInt64?
    private var turnCount: UInt64 = 0
    private var wasWoken = false
    private var blockedUntil: UInt64 = 0

    init(on internet: SimulatedInternet) {
        self.internet = internet
    }

    private var clock: SimulatedClock { internet.run.clock }

    /// Whether there is a reader.
    var hasReader: Bool { receiver != nil }

    /// The kernel does not run the reader's thread for a while.
    func block(for nanoseconds: UInt64) {
        blockedUntil = max(blockedUntil, clock.now + nanoseconds)
    }

    /// Drops its references, so that no cycle is left.
    func part() {
        receiver = nil
        ports = []
    }
}

// MARK: - What the engine asks for

extension SimulatedDatagrams {
    func startReading(for receiver: any DatagramReceiver) -> ReaderFailure? {
        let noThread: Int32 = 11
        if internet.hasTrouble(3) {
            internet.run.story("no thread to read datagrams with")
            return ReaderFailure(number: noThread, isThread: true)
        }
        if self.receiver != nil { internet.run.fault("two readers for one engine") }
        self.receiver = receiver
        clock.after(internet.run.dice.milliseconds(0...1) / 20) { self.rest() }
        return nil
    }

    func wakeReader() {
        wasWoken = true
        turn(by: clock.now)
    }

    func open(_ carrier: QueryClient.Carrier, to server: NameServer) -> Int32? {
        internet.work.acts()
        let dice = internet.run.dice
        if internet.hasTrouble(4) {
            let number: Int32 = dice.pick([24, 101, 99])
            internet.run.story("port \(carrier): no socket: \(number)")
            return number
        }
        guard let place = internet.servers.firstIndex(where: { $0.endpoint == server.endpoint }) else {
            internet.run.fault("a socket to \(server), which is not configured")
            return 101
        }
        let port = SimulatedPort(carrier, to: place, number: UInt16(dice.number(32_768..<61_000)))
        ports.append(port)
        if ports.count > internet.portLimit { internet.run.fault("\(ports.count) ports are open") }
        return nil
    }

    func send(_ message: [UInt8], on carrier: QueryClient.Carrier) -> Int32? {
        internet.work.acts()
        guard let port = ports.first(where: { $0.carrier == carrier }) else { return nil }
        internet.send(message, from: port, of: self)
        return nil
    }

    func close(_ carrier: QueryClient.Carrier) {
        internet.work.acts()
        guard let place = ports.firstIndex(where: { $0.carrier == carrier }) else { return }
        let port = ports.remove(at: place)
        port.isOpen = false
        internet.hasCome(port.take(by: clock.now))
    }
}

// MARK: - The reader

extension SimulatedDatagrams {
    /// A datagram arrives, at its time.
    func arrives(_ arrival: SimulatedPort.Arrival, at port: SimulatedPort) {
        port.arrivals.append(arrival)
        clock.at(arrival.time) { if port.isOpen { self.turn(by: self.clock.now) } }
    }

    private func turn(by time: UInt64) {
        if let nextTurn, nextTurn <= time { return }
        nextTurn = time
        turnCount += 1
        let number = turnCount
        clock.at(max(time, blockedUntil)) { self.turn(number) }
    }

    private func turn(_ number: UInt64) {
        guard number == turnCount, let receiver else { return }
        if clock.now < blockedUntil {
            clock.at(blockedUntil) { self.turn(number) }
            return
        }
        nextTurn = nil
        var events: [(port: QueryClient.Carrier, event: DatagramEvent)] = []
        // Sometimes there is more than one read takes.
        let most = internet.run.dice.chance(3) ? 1 : Int.max
        var isEverything = true
        for port in ports {
            let come = port.take(by: clock.now)
            internet.hasCome(come)
            for arrival in come {
                if events.count == most {
                    port.arrivals.append(arrival)
                    isEverything = false
                } else if internet.delivers(arrival, at: port) {
                    events.append((port.carrier, arrival.event))
                }
            }
        }
        let wasWoken = wasWoken || !events.isEmpty
        self.wasWoken = false
        receiver.turn(events, isEverything: isEverything, wasWoken: wasWoken)
        rest()
    }

    private func rest() {
        guard let sleep = receiver?.nextSleep() else {
            receiver = nil
            return
        }
        // The kernel counts milliseconds.
        let millisecond: UInt64 = 1_000_000
        let sleepTime = (SimulatedClock.nanoseconds(sleep) + millisecond - 1) / millisecond * millisecond
        let isReady = wasWoken || ports.contains { $0.arrivals.contains { $0.time <= clock.now } }
        turn(by: isReady ? clock.now : clock.now + sleepTime)
    }
}
