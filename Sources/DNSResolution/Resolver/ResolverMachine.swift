// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// What a DNS resolver needs of the machine that it runs on: a clock, randomness, sockets for datagrams.
///
/// The test kit has another one, whose clock and network a seed decides. Streams are separate: TLS has a transport of
/// its own.
@available(FairDial 0.1, *)
package protocol ResolverMachine: Sendable {
    /// The time.
    var now: NIODeadline { get }

    /// The time, up to a few milliseconds old, at almost no cost.
    var coarseNow: NIODeadline { get }

    /// Begins a watch over interfaces and addresses: each call tells whether they have changed since the one before.
    func watchNetwork() -> @Sendable () -> Bool

    /// The source of identifiers, ports and spellings that a forger cannot predict.
    func makeGenerator() -> any RandomNumberGenerator & Sendable

    /// Counts the descriptors that this process may still open, and no more than are wanted.
    func freeDescriptors(upTo wanted: Int) -> Int

    /// The account of the sockets that resolvers on this machine have open.
    var sockets: SocketCensus { get }

    /// What resolvers on this machine know of streams to each server.
    var streamLedger: StreamLedger { get }

    /// Sockets for one engine.
    func makeDatagrams() -> any DatagramTransport
}
