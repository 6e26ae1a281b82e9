// SPDX-License-Identifier: Apache-2.0

public import DNSMessages
public import IPAddresses

/// What DNS has of one type under a name.
@available(FairDial 0.1, *)
public struct RecordAnswer: Sendable {
    /// The records, in the order in which the server gave them; not empty.
    public let records: [Record]

    /// The name they are at: the end of the aliases, or the one asked for.
    public let name: DomainName

    /// For how many seconds they may be kept.
    public let timeToLive: UInt32

    /// Whether the server says that it has verified them (AD); worth no more than the way to that server.
    public let isAuthentic: Bool

    /// The server that said so; `nil` where no server did.
    public let server: Endpoint?

    /// An answer from its parts.
    public init(
        records: [Record],
        name: DomainName,
        timeToLive: UInt32,
        isAuthentic: Bool = false,
        server: Endpoint? = nil
    ) {
        self.records = records
        self.name = name
        self.timeToLive = timeToLive
        self.isAuthentic = isAuthentic
        self.server = server
    }
}
