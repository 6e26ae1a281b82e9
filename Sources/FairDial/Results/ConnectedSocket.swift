// SPDX-License-Identifier: Apache-2.0

/// A connected, non-blocking socket, and its owner: it is closed when the owner goes, unless it has been taken.
@available(FairDial 0.1, *)
public struct ConnectedSocket: ~Copyable, Sendable {
    private let owned: OwnedDescriptor

    /// Where it goes, as `winner` says too.
    package let destination: Destination

    private let target: Target?
    private let record: WinningRecord?

    /// Where the time went, and what every attempt said.
    public let report: DialReport

    /// An owner of a connected descriptor.
    public init(descriptor: CInt, winner: DialWinner, report: DialReport = DialReport()) {
        owned = OwnedDescriptor(descriptor)
        destination = winner.destination
        target = nil
        record = winner.record
        self.report = report
    }

    init(
        _ descriptor: CInt,
        to destination: Destination,
        of target: Target,
        by record: WinningRecord?,
        _ report: DialReport
    ) {
        owned = OwnedDescriptor(descriptor)
        self.destination = destination
        self.target = target
        self.record = record
        self.report = report
    }

    /// The descriptor; non-blocking and close-on-exec. Still this owner's to close.
    public var descriptor: CInt { owned.number }

    /// The destination, and the record that led there.
    public var winner: DialWinner { DialWinner(destination, of: target, record) }

    /// The service binding that the destination belongs to; `nil` for an address of the host itself.
    package var binding: ServiceBinding? { record?.binding }

    /// Takes the descriptor out: it is the caller's to close from now on.
    public consuming func take() -> CInt {
        owned.take()
    }
}
