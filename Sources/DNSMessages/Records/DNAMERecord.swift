// SPDX-License-Identifier: Apache-2.0

/// Another name of everything below (RFC 6672 §2).
public struct DNAMERecord: NameRecordData {
    public static let type: RecordType? = .dname

    public let target: DomainName

    /// The record's data from the name that it holds.
    public init(_ target: DomainName) {
        self.target = target
    }

    public var name: DomainName { target }

    public static let mayBeCompressed = false
}
