// SPDX-License-Identifier: Apache-2.0

/// Another name of what is meant (RFC 1035 §3.3.1).
public struct CNAMERecord: NameRecordData {
    public static let type: RecordType? = .cname

    public let canonicalName: DomainName

    /// The record's data from the name that it holds.
    public init(_ canonicalName: DomainName) {
        self.canonicalName = canonicalName
    }

    public var name: DomainName { canonicalName }
}
