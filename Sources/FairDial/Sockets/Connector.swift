// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Makes the bare sockets of attempts and tells their state: the kernel's, or a script's in a test.
@available(FairDial 0.1, *)
package protocol Connector: Routes {
    /// Opens a socket, sets what must be set before `connect`, binds it, and connects.
    func open(_ destination: Destination, with setup: SocketSetup) -> AttemptSocket.Opening

    /// Asks a socket how far it is, without waiting (rule 6).
    func ask(_ socket: AttemptSocket) -> AttemptSocket.Progress

    /// Reports once, on any thread, with the time, when a pending socket is worth asking.
    ///
    /// - Throws: why the system cannot watch it.
    func watch(
        _ socket: AttemptSocket,
        _ report: @escaping @Sendable (NIODeadline) -> Void
    ) throws(AttemptFailure) -> AttemptSocket.WatchToken

    /// Whether the report is still to come.
    func isWatching(_ token: AttemptSocket.WatchToken) -> Bool

    /// Ends a watch; comes before the socket is closed or given away.
    func forget(_ token: AttemptSocket.WatchToken, _ socket: AttemptSocket)

    /// Makes a channel of a connected socket, on the loop; the initializer runs on it, once, before anything is read.
    ///
    /// - Returns: the channel. Where the initializer was not called, the socket is still the caller's to close.
    func makeChannel(
        of socket: AttemptSocket,
        over transport: Transport,
        on loop: any EventLoop,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel>

    /// Whether it can make a channel of a connected socket on these loops.
    func makesChannels(on group: any EventLoopGroup) -> Bool

    /// Whether a channel's descriptor has something that the channel has not read, bytes or the end.
    func hasUnread(_ descriptor: CInt) -> Bool

    /// Ends the connection of a channel's descriptor, in both directions; the descriptor stays open.
    func shutDown(_ descriptor: CInt)

    /// Closes a socket.
    func close(_ socket: AttemptSocket)

    /// Where dials wait for a descriptor or a thread of the machine that this is.
    var waitingRoom: WaitingRoom { get }
}

@available(FairDial 0.1, *)
extension Connector {
    /// NIO makes channels of sockets on its own loops alone.
    package func makesChannels(on group: any EventLoopGroup) -> Bool { SupportedLoops.contains(group) }

    /// A script's channels read at once.
    package func hasUnread(_ descriptor: CInt) -> Bool { false }

    /// A script's channels have no peer that waits.
    package func shutDown(_ descriptor: CInt) {}
}
