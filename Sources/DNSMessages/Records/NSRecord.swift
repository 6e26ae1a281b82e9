// SPDX-License-Identifier: Apache-2.0

/// A server that has the zone (RFC 1035 §3.3.11).
@available(FairDial 0.1, *)
public struct NSRecord: NameRecordData {
    /// NS.
    public static let type: RecordType? = .ns

    /// The name.
    public let server: DomainName

    /// The record's data from the name that it holds.
    public init(_ server: DomainName) {
        self.server = server
    }

    /// The name that the data are.
    public var name: DomainName { server }
}
