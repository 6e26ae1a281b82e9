// SPDX-License-Identifier: Apache-2.0

/// Opens streams to servers: TCP here, TLS in a module of its own.
@available(FairDial 0.1, *)
package protocol StreamTransport: Sendable {
    /// Whether nothing may go out but over its streams.
    var isPrivate: Bool { get }

    /// Begins to connect, and returns at once.
    ///
    /// - Parameter tell: called with each message, whole, and with the end, last; on any thread, perhaps before this
    ///   returns.
    func open(_ server: NameServer, _ tell: @escaping @Sendable (StreamEvent) -> Void) -> any OpenStream
}

/// What a stream tells.
@available(FairDial 0.1, *)
package enum StreamEvent: Hashable, Sendable {
    /// A message has come.
    case received([UInt8])
    /// It has ended, or never began for want of something on this machine: why, in one clause.
    case closed(String)
    /// It could not be opened: the server, or the network, does not let it be.
    case refused(String)

    /// Whether nothing more is told.
    var isEnd: Bool {
        switch self {
        case .received: false
        case .closed, .refused: true
        }
    }
}

/// A stream that has been opened, or is about to be.
@available(FairDial 0.1, *)
package protocol OpenStream: Sendable {
    /// Sends a message; before the connection is there, it waits.
    func send(_ message: [UInt8])

    /// Has everything told that has come by now, and then calls back, on any thread, perhaps before this returns. Where
    /// the stream has ended, or its loop has, that may never be.
    func readAll(_ done: @escaping @Sendable () -> Void)

    /// Ends it; nothing more is told, or only what was on its way.
    func close()
}

@available(FairDial 0.1, *)
extension OpenStream {
    /// A stream that tells what comes as it comes has nothing to read.
    package func readAll(_ done: @escaping @Sendable () -> Void) { done() }
}
