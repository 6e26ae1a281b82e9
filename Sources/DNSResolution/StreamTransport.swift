// SPDX-License-Identifier: Apache-2.0

/// Opens streams to servers: TCP here, TLS in a module of its own.
package protocol StreamTransport: Sendable {
    /// Whether nothing may go out but over its streams.
    var isPrivate: Bool { get }

    /// Begins to connect, and returns at once.
    ///
    /// - Parameter tell: called with each message, whole, and with the end, last; on any thread, perhaps before this returns.
    func open(_ server: NameServer, _ tell: @escaping @Sendable (StreamEvent) -> Void) -> any OpenStream
}

/// What a stream tells.
package enum StreamEvent: Hashable, Sendable {
    /// A message has come.
    case received([UInt8])
    /// It has ended, or never began: why, in one clause.
    case closed(String)
}

/// A stream that has been opened, or is about to be.
package protocol OpenStream: Sendable {
    /// Sends a message; before the connection is there, it waits.
    func send(_ message: [UInt8])

    /// Ends it; nothing more is told, or only what was on its way.
    func close()
}
