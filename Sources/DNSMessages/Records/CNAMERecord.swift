// SPDX-License-Identifier: Apache-2.0

/// Another name of what is meant (RFC 1035 §3.3.1).
@available(FairDial 0.1, *)
public struct CNAMERecord: NameRecordData {
    /// CNAME.
    public static let type: RecordType? = .cname

    /// The name.
    public let canonicalName: DomainName

    /// The record's data from the name that it holds.
    public init(_ canonicalName: DomainName) {
        self.canonicalName = canonicalName
    }

    /// The name that the data are.
    public var name: DomainName { canonicalName }
}
