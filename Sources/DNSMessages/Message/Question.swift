// SPDX-License-Identifier: Apache-2.0

/// What a query asks for (RFC 1035 §4.1.2).
@available(FairDial 0.1, *)
public struct Question: Hashable, Sendable {
    /// The name.
    public var name: DomainName
    /// The type of record wanted.
    public var type: RecordType
    /// The class, as good as always the Internet.
    public var recordClass: RecordClass

    /// A question from its parts.
    public init(name: DomainName, type: RecordType, recordClass: RecordClass = .internet) {
        self.name = name
        self.type = type
        self.recordClass = recordClass
    }
}

@available(FairDial 0.1, *)
extension Question: CustomStringConvertible {
    /// `db.example.org AAAA`.
    public var description: String {
        recordClass == .internet ? "\(name) \(type)" : "\(name) \(recordClass) \(type)"
    }
}
