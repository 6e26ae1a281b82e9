// SPDX-License-Identifier: Apache-2.0

/// A server that has the zone (RFC 1035 §3.3.11).
public struct NSRecord: NameRecordData {
    public static let type: RecordType? = .ns

    public let server: DomainName

    /// The record's data from the name that it holds.
    public init(_ server: DomainName) {
        self.server = server
    }

    public var name: DomainName { server }
}
