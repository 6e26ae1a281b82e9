// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Which kinds of event loop and group NIO can make channels of our descriptors on.
///
/// NIO tells by trying to make a bootstrap, which costs more than a lookup by type; a type that has passed always
/// will.
@available(FairDial 0.1, *)
enum SupportedLoops {
    private static let known = NIOLockedValueBox<Set<ObjectIdentifier>>([])

    static func contains(_ group: any EventLoopGroup) -> Bool {
        let type = ObjectIdentifier(type(of: group as AnyObject))
        if known.withLockedValue({ $0.contains(type) }) { return true }
        guard ClientBootstrap(validatingGroup: group) != nil else { return false }
        known.withLockedValue { _ = $0.insert(type) }
        return true
    }

    /// Whether a loop that still runs has begun to be shut down; on it.
    ///
    /// NIO tells by refusing a channel alone, so one is made. That costs a few system calls: ask where something has
    /// failed.
    static func isShuttingDown(_ loop: any EventLoop) -> Bool {
        guard loop.inEventLoop, contains(loop) else { return false }
        var setup = SocketSetup()
        setup.transport = .datagram
        // Nothing is sent there.
        let nowhere = Destination.internet(Endpoint(address: .v4(.loopback), port: 9))
        guard case .opened(let socket, .connected) = KernelConnector.shared.open(nowhere, with: setup) else {
            return false
        }
        var isShuttingDown = false
        // On the loop, a future that has ended calls back at once; NIO closes the descriptor where it takes none.
        DatagramBootstrap(group: loop).withBoundSocket(socket.descriptor).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel): channel.close(promise: nil)
            case .failure(let error): isShuttingDown = error as? EventLoopError == .shutdown
            }
        }
        return isShuttingDown
    }
}
