// SPDX-License-Identifier: Apache-2.0

package import ConnectionRacing
package import IPAddresses
package import NIOCore
import NIOPosix
package import NameResolution

/// Real sockets, and the process's poller.
@available(FairDial 0.1, *)
package struct KernelConnector: Connector {
    package var waitingRoom: WaitingRoom { .shared }

    package init() {}

    package func open(_ destination: Destination, with setup: SocketSetup) -> AttemptSocket.Opening {
        AttemptSocket.open(to: destination, with: setup)
    }

    package func candidates(for addresses: [IPAddress]) -> [DestinationOrder.Candidate] {
        SourceAddresses.candidates(for: addresses)
    }

    package func ask(_ socket: AttemptSocket) -> AttemptSocket.Progress {
        socket.ask()
    }

    package func watch(
        _ socket: AttemptSocket,
        _ report: @escaping @Sendable (NIODeadline) -> Void
    ) throws(AttemptFailure) -> ConnectPoller.Token {
        try ConnectPoller.shared.watch(socket.descriptor, report)
    }

    package func isWatching(_ token: ConnectPoller.Token) -> Bool {
        ConnectPoller.shared.isWatching(token)
    }

    package func forget(_ token: ConnectPoller.Token, _ socket: AttemptSocket) {
        ConnectPoller.shared.forget(token, socket.descriptor)
    }

    package func makeChannel(
        of socket: AttemptSocket,
        over transport: Transport,
        on loop: any EventLoop,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        switch transport {
        case .stream:
            // NIO gives up a connection on which it cannot set TCP_NODELAY, and leaves that out only with this. The
            // option is set here instead, where a filter may refuse it.
            socket.setNoDelay()
            return ClientBootstrap(group: loop).enableMPTCP(true).channelInitializer(initializer)
                .withConnectedSocket(socket.descriptor)
        case .datagram, .unconnectedDatagram:
            return DatagramBootstrap(group: loop).channelInitializer(initializer).withBoundSocket(socket.descriptor)
        }
    }

    package func hasUnread(_ descriptor: CInt) -> Bool {
        AttemptSocket.hasUnread(descriptor)
    }

    package func shutDown(_ descriptor: CInt) {
        AttemptSocket.shutDown(descriptor)
    }

    package func close(_ socket: AttemptSocket) {
        socket.close()
    }
}
