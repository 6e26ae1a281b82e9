// SPDX-License-Identifier: Apache-2.0

/// What is dialed over.
public enum Transport: Hashable, Sendable {
    /// A stream: TCP, or a stream over a Unix domain socket.
    case stream
    /// UDP, connected: the channel speaks to the peer alone, and hears of its port being closed.
    case datagram
    /// UDP, not connected: a socket of the peer's family, bound, that may speak to anybody; the peer is the result's
    /// `destination`.
    case unconnectedDatagram
}
