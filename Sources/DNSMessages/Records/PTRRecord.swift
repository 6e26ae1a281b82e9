// SPDX-License-Identifier: Apache-2.0

/// A name of an address, mostly (RFC 1035 §3.3.12).
@available(FairDial 0.1, *)
public struct PTRRecord: NameRecordData {
    /// PTR.
    public static let type: RecordType? = .ptr

    /// The name.
    public let target: DomainName

    /// The record's data from the name that it holds.
    public init(_ target: DomainName) {
        self.target = target
    }

    /// The name that the data are.
    public var name: DomainName { target }
}
