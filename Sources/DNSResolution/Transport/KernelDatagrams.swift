// SPDX-License-Identifier: Apache-2.0

import CSockets
import IPAddresses
import NIOConcurrencyHelpers
import NameResolution
import SystemSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The kernel's sockets, and the thread that reads and keeps the timers: started, woken, and ended.
@available(FairDial 0.1, *)
final class KernelDatagrams: DatagramTransport {
    private struct State: Sendable {
        var sockets: [QueryClient.Carrier: CInt] = [:]
        /// Descriptors that the thread closes, so that it never reads from one that another part of the process has by
        /// then.
        var done: [CInt] = []
        /// The descriptor that wakes the thread when written to, and the one that it reads for that.
        var wakeUp: (writeEnd: CInt, readEnd: CInt)?
        var queue: ReadinessQueue?
        /// How many threads there are: mostly one, for a moment two while one leaves.
        var threadCount = 0
    }

    private static let messagesAtOnce = 64
    /// More than a socket can hold at a time with the buffer that Linux gives it (208 KiB, of which the smallest
    /// message takes 768 bytes): what had come when the reader began to read has been read after so many messages,
    /// however fast more of them come.
    private static let messagesOfOne = 1_024
    private static let manyDone = 16
    private static let threadStack = 256 * 1024
    /// The token of the descriptor that wakes the thread; a socket's is its carrier's number and its descriptor.
    private static let bellToken = UInt64.max

    private let state = NIOLockedValueBox(State())

    func startReading(for receiver: any DatagramReceiver) -> ReaderFailure? {
        state.withLockedValue { state in
            if state.queue == nil, let number = Self.prepare(&state) { return ReaderFailure(number: number) }
            if let number = DetachedThread.start(stackSize: Self.threadStack, { self.run(receiver) }) {
                return ReaderFailure(number: number, isThread: true)
            }
            state.threadCount += 1
            return nil
        }
    }

    /// Opens what the thread needs.
    ///
    /// - Returns: `nil`, or the error number.
    private static func prepare(_ state: inout State) -> Int32? {
        var ends: (CInt, CInt) = (-1, -1)
        let status = withUnsafeMutablePointer(to: &ends) { pointer in
            pointer.withMemoryRebound(to: CInt.self, capacity: 2) { fairdial_open_wake_up($0) }
        }
        guard status == 0 else { return status }
        let queue = ReadinessQueue()
        guard queue.descriptor >= 0, queue.add(ends.0, token: Self.bellToken, for: .reading) else {
            let number = errno
            Descriptor.giveBack(ends.0)
            Descriptor.giveBack(ends.1)
            if queue.descriptor >= 0 { queue.close() }
            return number
        }
        state.wakeUp = (writeEnd: ends.1, readEnd: ends.0)
        state.queue = queue
        return nil
    }

    func wakeReader() {
        // Under the lock, which takes no time, for no write waits: outside of it the thread might close the descriptor
        // meanwhile, and the number be another part's of the process.
        state.withLockedValue { state in
            guard let wakeUp = state.wakeUp else { return }
            var byte: UInt8 = 1
            _ = fairdial_write(wakeUp.writeEnd, &byte, 1)
        }
    }

    /// All of the wake-ups, however many.
    private static func drain(_ wakeUp: CInt) {
        var bytes: UInt64 = 0
        while fairdial_read(wakeUp, &bytes, MemoryLayout<UInt64>.size) == MemoryLayout<UInt64>.size {}
    }
}

// MARK: - Sockets

@available(FairDial 0.1, *)
extension KernelDatagrams {
    /// An error number, as a thrown value.
    struct Failure: Error {
        let number: Int32
    }

    func open(_ port: QueryClient.Carrier, to server: NameServer) -> Int32? {
        do throws(Failure) {
            let descriptor = try Self.makeSocket(to: server)
            let queue = state.withLockedValue { state in
                state.sockets[port] = descriptor
                return state.queue
            }
            let token = UInt64(port) << 32 | UInt64(UInt32(bitPattern: descriptor))
            guard let queue else { return nil }
            return queue.add(descriptor, token: token, for: .reading) ? nil : errno
        } catch {
            return error.number
        }
    }

    /// A socket for datagrams to one server, from a port that the kernel chooses at random.
    ///
    /// It is connected, so the kernel lets nothing through but what comes from the server's own address and port, and
    /// tells when no server listens there.
    static func makeSocket(to server: NameServer) throws(Failure) -> CInt {
        var address = sockaddr_storage()
        let endpoint = server.endpoint
        let length: socklen_t
        switch endpoint.address {
        case .v4(let bits): length = fairdial_ipv4_address(&address, bits.bits, endpoint.port)
        case .v6(let bits, let zone):
            length = fairdial_ipv6_address(&address, bits.high, bits.low, try index(of: zone), endpoint.port)
        }
        #if os(Linux)
            let type = CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        #else
            let type = SOCK_DGRAM
        #endif
        let descriptor = socket(CInt(address.ss_family), type, 0)
        guard descriptor >= 0 else { throw Failure(number: errno) }
        #if !os(Linux)
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        #endif
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
        }
        if status != 0 {
            let number = errno
            Descriptor.giveBack(descriptor)
            throw Failure(number: number)
        }
        return descriptor
    }

    private static func index(of zone: Zone?) throws(Failure) -> UInt32 {
        switch zone {
        case nil: return 0
        case .index(let index): return index
        case .name(let name):
            let index = if_nametoindex("\(name)")
            if index == 0 { throw Failure(number: errno) }
            return index
        }
    }

    func send(_ message: [UInt8], on port: QueryClient.Carrier) -> Int32? {
        guard let descriptor = state.withLockedValue({ $0.sockets[port] }) else { return nil }
        #if os(Linux)
            let flags = CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)
        #else
            let flags = MSG_DONTWAIT
        #endif
        let count = message.withUnsafeBytes { fairdial_send(descriptor, $0.baseAddress, $0.count, flags) }
        guard count < 0 else { return nil }
        let number = errno
        return number == EAGAIN || number == ENOBUFS || number == EINTR ? nil : number
    }

    func close(_ port: QueryClient.Carrier) {
        let isMany = state.withLockedValue { state in
            guard let descriptor = state.sockets.removeValue(forKey: port) else { return false }
            state.done.append(descriptor)
            return state.done.count.isMultiple(of: Self.manyDone)
        }
        // Descriptors are scarce: they do not wait for the thread's next turn.
        if isMany { wakeReader() }
    }
}

// MARK: - The thread

@available(FairDial 0.1, *)
extension KernelDatagrams {
    private func run(_ receiver: any DatagramReceiver) {
        guard let queue = state.withLockedValue({ $0.queue }) else { return }
        var inbox = DatagramInbox()
        var unfinishedTurns = 0
        while let sleep = receiver.nextSleep() {
            // Rounded up: a thread that came a little early would come again and again.
            let milliseconds = CInt(min(60_000, max(0, (sleep / .milliseconds(1)).rounded(.up))))
            let tokens = queue.wait(milliseconds: milliseconds)
            var isEverything = tokens.count < ReadinessQueue.most
            for token in tokens {
                if token == Self.bellToken {
                    if let wakeUp = state.withLockedValue({ $0.wakeUp }) { Self.drain(wakeUp.readEnd) }
                    continue
                }
                let port = QueryClient.Carrier(token >> 32)
                let descriptor = CInt(bitPattern: UInt32(truncatingIfNeeded: token))
                if !inbox.read(descriptor, of: port, most: Self.messagesAtOnce) { isEverything = false }
            }
            unfinishedTurns = isEverything ? 0 : unfinishedTurns + 1
            if unfinishedTurns * Self.messagesAtOnce >= Self.messagesOfOne, unfinishedTurns >= turnLimit {
                (isEverything, unfinishedTurns) = (true, 0)
            }
            receiver.turn(inbox.events, isEverything: isEverything, wasWoken: !tokens.isEmpty)
            inbox.removeAll()
            state.withLockedValue { Self.closeDone(&$0) }
        }
        leave()
    }

    /// After this many turns each socket has been read from as often as it takes: a turn tells of `ReadinessQueue.most`
    /// of them, and the kernel tells of all of them in rotation.
    private var turnLimit: Int {
        let socketCount = state.withLockedValue { $0.sockets.count }
        return Self.messagesOfOne / Self.messagesAtOnce * (1 + socketCount / ReadinessQueue.most)
    }

    /// Gives back what the thread needed, if no other one has been started meanwhile.
    ///
    /// All of it under the lock. Another thread may read by now, and what is closed here may be what it has just been
    /// told to read from: then it closes that itself, after its turn.
    private func leave() {
        state.withLockedValue { state in
            state.threadCount -= 1
            guard state.threadCount == 0 else { return }
            Self.closeDone(&state)
            guard state.sockets.isEmpty else { return }
            state.queue?.close()
            if let wakeUp = state.wakeUp {
                Descriptor.giveBack(wakeUp.writeEnd)
                Descriptor.giveBack(wakeUp.readEnd)
            }
            (state.queue, state.wakeUp) = (nil, nil)
        }
    }

    private static func closeDone(_ state: inout State) {
        for descriptor in state.done { Descriptor.giveBack(descriptor) }
        state.done = []
    }
}
