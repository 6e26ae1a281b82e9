// SPDX-License-Identifier: Apache-2.0

/// What is dialed over.
@available(FairDial 0.1, *)
public enum Transport: Hashable, Sendable {
    /// A stream: TCP, or a stream over a Unix domain socket.
    case stream
    /// UDP, connected: the channel exchanges datagrams with the peer alone, and is told when the peer's port is closed.
    case datagram
    /// UDP, not connected: a socket of the peer's family, bound, that may send to any address; the peer is the
    /// result's `winner.destination`.
    case unconnectedDatagram
}
