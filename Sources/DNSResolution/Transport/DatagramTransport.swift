// SPDX-License-Identifier: Apache-2.0

/// Sockets for datagrams, and a reader that reads what comes for all of them and keeps the timers.
@available(FairDial 0.1, *)
package protocol DatagramTransport: Sendable {
    /// Begins to read and to call `receiver`, until its `nextSleep()` says that there is nothing more to do.
    ///
    /// Called under the receiver's lock: it must not call the receiver before it returns.
    ///
    /// - Returns: `nil`, or why there is no reader: no thread is to be had, or not what it needs.
    func startReading(for receiver: any DatagramReceiver) -> ReaderFailure?

    /// Wakes the reader before its sleep is over.
    func wakeReader()

    /// Opens a socket that sends to this server alone.
    ///
    /// - Returns: `nil`, or the error number.
    func open(_ port: QueryClient.Carrier, to server: NameServer) -> Int32?

    /// Sends a message. One that the kernel has no room for is as good as lost on the way: a timeout covers that.
    ///
    /// - Returns: `nil`, or the error number.
    func send(_ message: [UInt8], on port: QueryClient.Carrier) -> Int32?

    /// Closes a socket. What has come over it and has not been read is lost.
    func close(_ port: QueryClient.Carrier)
}

/// Why there is no reader.
@available(FairDial 0.1, *)
package struct ReaderFailure: Hashable, Sendable {
    /// The error number.
    package let number: Int32
    /// Whether it is a thread that is missing; else a descriptor.
    package let isThread: Bool

    package init(number: Int32, isThread: Bool = false) {
        self.number = number
        self.isThread = isThread
    }
}

/// What the reader calls with what has come.
@available(FairDial 0.1, *)
package protocol DatagramReceiver: AnyObject, Sendable {
    /// How long to sleep until the next turn; `nil` when the reader is not needed any more, and ends.
    func nextSleep() -> Duration?

    /// What has come, and the time that it is by now.
    ///
    /// - Parameters:
    ///   - isEverything: whether all has been read that had come when the reader began to read, after the last turn
    ///     that was told so; only then the clock may be looked at, as of that beginning (rule 6).
    ///   - wasWoken: whether something came, or `wakeReader()` was called, before the sleep was over.
    func turn(_ events: [(port: QueryClient.Carrier, event: DatagramEvent)], isEverything: Bool, wasWoken: Bool)
}

/// What has come over a socket.
@available(FairDial 0.1, *)
package enum DatagramEvent: Hashable, Sendable {
    case message([UInt8])
    /// The socket has an error number.
    case failed(Int32)
}
