// SPDX-License-Identifier: Apache-2.0

import CFairDial
import NIOConcurrencyHelpers
import NameResolution

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The thread that reads and minds the clock: called, asleep, and gone.
extension DNSEngine {
    /// Sees to it that the thread is there, and awake at this time.
    ///
    /// - Returns: the bell to ring, outside the lock.
    /// - Throws: the error number, where there is no thread to be had, or not what it needs.
    func call(_ desk: inout Desk, by wake: Duration) throws(DatagramSocket.Failure) -> CInt? {
        if desk.isThreadRunning {
            guard let until = desk.sleepsUntil, wake < until else { return nil }
            // Nobody else needs to.
            desk.sleepsUntil = nil
            return desk.bell?.ring
        }
        if desk.queue == nil { try prepare(&desk) }
        if let number = DetachedThread.start(stackSize: Self.threadStack, { self.run() }) {
            throw DatagramSocket.Failure(number: number, isThread: true)
        }
        desk.isThreadRunning = true
        return nil
    }

    /// Opens what the thread needs.
    private func prepare(_ desk: inout Desk) throws(DatagramSocket.Failure) {
        var ends: (CInt, CInt) = (-1, -1)
        let status = withUnsafeMutablePointer(to: &ends) { pointer in
            pointer.withMemoryRebound(to: CInt.self, capacity: 2) { fairdial_open_bell($0) }
        }
        guard status == 0 else { throw DatagramSocket.Failure(number: status) }
        let queue = ReadinessQueue()
        guard queue.descriptor >= 0, queue.add(ends.0, token: Self.bellToken, for: .reading) else {
            let number = errno
            DatagramSocket.close(ends.0)
            DatagramSocket.close(ends.1)
            if queue.descriptor >= 0 { queue.close() }
            throw DatagramSocket.Failure(number: number)
        }
        desk.bell = (ring: ends.1, hear: ends.0)
        desk.queue = queue
    }

    static func ring(_ bell: CInt) {
        var byte: UInt8 = 1
        _ = fairdial_write(bell, &byte, 1)
    }

    /// However often it has been rung.
    private static func hear(_ bell: CInt) {
        var bytes: UInt64 = 0
        while fairdial_read(bell, &bytes, MemoryLayout<UInt64>.size) == MemoryLayout<UInt64>.size {}
    }

    private func run() {
        guard let queue = desk.withMachine({ $0.queue }) else { return }
        var inbox = DatagramInbox()
        while let sleep = nextSleep() {
            let tokens = queue.wait(milliseconds: sleep.milliseconds)
            read(tokens, &inbox, asOf: sleep)
            inbox.removeAll()
            closeDone()
        }
    }

    /// One sleep of the thread.
    private struct Sleep {
        let milliseconds: CInt
        /// When it began. What has come by then is read before any clock is looked at, and clocks are looked at as of
        /// then: however long the process stands still meanwhile, no answer is late for that (rule 6).
        let since: Duration
        let catchingUp: [CatchUp]
    }

    /// How long to sleep; `nil` when there has been nothing to do for a while, and the thread is gone.
    private func nextSleep() -> Sleep? {
        let now = now
        let sleep = desk.withMachine { desk -> Sleep? in
            desk.streamReading.giveUp(at: now)
            if !desk.catchingUp.isEmpty, desk.streamReading.asked == nil {
                defer { desk.catchingUp = [] }
                return Sleep(milliseconds: 0, since: now, catchingUp: desk.catchingUp)
            }
            if desk.resolver.wakeTime == nil, let until = desk.sleepsUntil, until <= now {
                // Slept a whole idle time, and nobody came.
                desk.isThreadRunning = false
                desk.sleepsUntil = nil
                return nil
            }
            // While loops read, no clock may be looked at: they ring when they have.
            let until = desk.streamReading.end ?? desk.resolver.wakeTime ?? now + Self.idleTime
            desk.sleepsUntil = until
            // Rounded up: a thread that came a little early would come again and again.
            let milliseconds = CInt(min(60_000, max(0, ((until - now) / .milliseconds(1)).rounded(.up))))
            return Sleep(milliseconds: milliseconds, since: now, catchingUp: [])
        }
        if sleep == nil { leave() }
        return sleep
    }

    /// Gives back what the thread needed, if no other one has been started meanwhile.
    private func leave() {
        closeDone()
        let left = desk.withMachine { desk -> (ReadinessQueue?, (ring: CInt, hear: CInt)?) in
            guard !desk.isThreadRunning, desk.resolver.portCount == 0 else { return (nil, nil) }
            defer { (desk.queue, desk.bell) = (nil, nil) }
            return (desk.queue, desk.bell)
        }
        left.0?.close()
        if let bell = left.1 {
            DatagramSocket.close(bell.ring)
            DatagramSocket.close(bell.hear)
        }
    }

    private func closeDone() {
        let done = sockets.withLockedValue { sockets in
            defer { sockets.done = [] }
            return sockets.done
        }
        for descriptor in done { DatagramSocket.close(descriptor) }
    }

    private func read(_ tokens: [UInt64], _ inbox: inout DatagramInbox, asOf sleep: Sleep) {
        var isEverythingRead = tokens.count < ReadinessQueue.most
        for token in tokens {
            if token == Self.bellToken {
                if let bell = desk.withMachine({ $0.bell }) { Self.hear(bell.hear) }
                continue
            }
            let port = QueryClient.Carrier(token >> 32)
            let descriptor = CInt(bitPattern: UInt32(truncatingIfNeeded: token))
            if !inbox.read(descriptor, of: port, most: Self.messagesAtOnce) { isEverythingRead = false }
        }
        let items = inbox.items
        let streams = openStreams
        var mustAskStreams = false
        update { desk, now, actions in
            // Over streams, all has been read that had come by then.
            let asOf = streams.isEmpty ? sleep.since : min(sleep.since, desk.streamReading.until)
            desk.sleepsUntil = tokens.isEmpty ? desk.sleepsUntil : nil
            desk.resolver.inClient(at: now, &actions) { client, steps in
                for (port, item) in items {
                    switch item {
                    case .message(let bytes): client.received(bytes, on: port, at: now, &steps)
                    case .failed(let number):
                        let isShortage = ErrorText.isShortage(number)
                        client.failed(port, ErrorText.of(number), isShortage: isShortage, at: now, &steps)
                    }
                }
                // After all of the messages: what has come counts, however late we look (rule 6).
                if isEverythingRead { client.advance(to: asOf, &steps) }
            }
            let (done, left) = isEverythingRead ? CatchUp.split(sleep.catchingUp, asOf: asOf) : ([], sleep.catchingUp)
            desk.catchingUp += left
            for catchUp in done where desk.resolver.contains(catchUp.lookup) {
                actions.append(.deliver(catchUp.lookup, .caughtUp))
            }
            guard asOf < sleep.since, desk.streamReading.asked == nil else { return }
            mustAskStreams = !left.isEmpty || desk.resolver.wakeTime.map { $0 <= sleep.since } ?? false
            if mustAskStreams { desk.streamReading.ask(streams.count, at: sleep.since) }
        }
        if mustAskStreams { ask(streams) }
    }
}
