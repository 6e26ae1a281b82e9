// SPDX-License-Identifier: Apache-2.0

import GRPCNIOTransportHTTP2Posix
import NIOCore

/// A connection that is ready for calls, and who watches it.
struct DialedChannel: Sendable {
    let wrapped: HTTP2ClientTransport.WrappedChannel
    let watch: NIOLoopBound<ConnectionWatch>

    /// Lets the calls on it end, and then closes it.
    func drain() {
        watch.eventLoop.execute { watch.value.drain() }
    }
}
