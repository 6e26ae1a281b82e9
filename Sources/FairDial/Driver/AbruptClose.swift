// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Closes a channel at once, past all of its handlers.
///
/// A handler may take its time over a close: TLS waits for the peer's close_notify, for seconds where the peer is
/// silent. A dial that has failed does not wait for that (rule 9). This is added before all others, so that no handler
/// is between it and the socket.
@available(FairDial 0.1, *)
package final class AbruptClose: ChannelOutboundHandler {
    package typealias OutboundIn = NIOAny

    /// - Parameter channel: on its loop; one that is closed already is left alone.
    package static func close(_ channel: any Channel) {
        // On the loop, a future that has ended calls back at once.
        var isClosed = false
        channel.closeFuture.assumeIsolated().whenComplete { _ in isClosed = true }
        guard !isClosed else { return }
        // A pipeline that takes no handlers any more is a closed channel's.
        try? channel.pipeline.syncOperations.addHandler(AbruptClose(), position: .first)
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        context.close(promise: nil)
    }
}
