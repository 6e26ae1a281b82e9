// SPDX-License-Identifier: Apache-2.0

/// The bare, non-blocking socket of one attempt, before it is a channel.
///
/// Its holder closes it, by `Connector.close` or by handing `descriptor` to an owner.
@available(FairDial 0.1, *)
package struct AttemptSocket: Sendable {
    /// The state of an attempt.
    package enum Progress: Hashable, Sendable {
        case connected
        case pending
        case failed(AttemptFailure)
    }

    /// How opening a socket ended.
    package enum Opening: Sendable {
        case opened(AttemptSocket, Progress)
        case failed(AttemptFailure)
        /// The machine has no descriptor left.
        case shortage
    }

    /// Identifies one watch, so that a late report about a descriptor that has been used again is ignored.
    package typealias WatchToken = UInt64

    package let descriptor: CInt
    let address: SocketAddressBytes
    /// Whether the socket may be given its destination's own port to send from.
    let mayMeetItself: Bool

    init(descriptor: CInt, address: SocketAddressBytes, mayMeetItself: Bool) {
        self.descriptor = descriptor
        self.address = address
        self.mayMeetItself = mayMeetItself
    }

    /// A socket by its descriptor; a script's may be any number.
    package init(descriptor: CInt, to destination: Destination) throws(AttemptFailure) {
        self.init(descriptor: descriptor, address: try SocketAddressBytes(destination), mayMeetItself: false)
    }
}
