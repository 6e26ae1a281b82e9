// SPDX-License-Identifier: Apache-2.0

/// Another name of everything below (RFC 6672 §2).
@available(FairDial 0.1, *)
public struct DNAMERecord: NameRecordData {
    /// DNAME.
    public static let type: RecordType? = .dname

    /// The name.
    public let target: DomainName

    /// The record's data from the name that it holds.
    public init(_ target: DomainName) {
        self.target = target
    }

    /// The name that the data are.
    public var name: DomainName { target }

    /// Never: the type is younger than RFC 1035 (RFC 3597 §4).
    public static let mayBeCompressed = false
}
