// SPDX-License-Identifier: Apache-2.0

/// A name of an address, mostly (RFC 1035 §3.3.12).
public struct PTRRecord: NameRecordData {
    public static let type: RecordType? = .ptr

    public let target: DomainName

    /// The record's data from the name that it holds.
    public init(_ target: DomainName) {
        self.target = target
    }

    public var name: DomainName { target }
}
