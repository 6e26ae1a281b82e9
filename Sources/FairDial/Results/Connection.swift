// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// What a dial brought: the caller's own value, made on the winner alone, and where the time went.
///
/// The connection is the caller's. What has been taken out of it, `output` or `channel`, is the caller's to close.
/// Where the last copy of a connection goes and neither was ever asked for, no code can reach the channel any more, and
/// it is closed. (What a future brings is not closed so: in NIO code handlers alone may own a channel.)
@available(FairDial 0.1, *)
public struct Connection<Output: Sendable>: Sendable {
    private let made: Output
    private let winningChannel: any Channel
    /// `nil` where the connection never closes the channel.
    private let unclaimed: UnclaimedChannel?

    /// Where the connection goes, as `winner` says too.
    package let destination: Destination

    private let target: Target?
    private let record: WinningRecord?

    /// Where the time went, and what every attempt said.
    public let report: DialReport

    init(
        output: Output,
        channel: any Channel,
        unclaimed: UnclaimedChannel?,
        destination: Destination,
        target: Target,
        record: WinningRecord?,
        report: DialReport
    ) {
        made = output
        winningChannel = channel
        self.unclaimed = unclaimed
        self.destination = destination
        self.target = target
        self.record = record
        self.report = report
    }

    /// A connection from its parts, for a test without a network.
    public init(output: Output, channel: any Channel, winner: DialWinner, report: DialReport = DialReport()) {
        made = output
        winningChannel = channel
        unclaimed = nil
        destination = winner.destination
        target = nil
        record = winner.record
        self.report = report
    }

    /// The destination, and the record that led there: the server's name for TLS, the SRV target, the binding.
    public var winner: DialWinner { DialWinner(destination, of: target, record) }

    /// What the channel initializer returned, or the channel itself. It lives at least until the channel has closed.
    public var output: Output {
        // From `Void` no channel can be reached.
        if Output.self != Void.self { unclaimed?.claim() }
        return made
    }

    /// The channel, whatever the initializer made of it.
    public var channel: any Channel {
        unclaimed?.claim()
        return winningChannel
    }

    /// The service binding that the destination belongs to, where `DialOptions.bindings` asked for some; `nil` for an
    /// address of the host itself.
    package var binding: ServiceBinding? { record?.binding }

    /// The SRV target that won, where a service was dialed.
    package var srvTarget: SRVTarget? { record?.target }
}
