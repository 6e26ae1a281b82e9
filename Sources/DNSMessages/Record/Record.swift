// SPDX-License-Identifier: Apache-2.0

/// A resource record (RFC 1035 §3.2.1).
@available(FairDial 0.1, *)
public struct Record: Sendable {
    /// Whose it is.
    public var name: DomainName
    /// Its class.
    public var recordClass: RecordClass
    /// How long it may be kept, in seconds, as it stands on the wire; see `lifetime`.
    public var timeToLive: UInt32
    /// What it says.
    public var data: any RecordData

    /// A record from its parts.
    public init(
        name: DomainName,
        recordClass: RecordClass = .internet,
        timeToLive: UInt32,
        data: any RecordData
    ) {
        self.name = name
        self.recordClass = recordClass
        self.timeToLive = timeToLive
        self.data = data
    }

    /// Its type.
    public var type: RecordType { data.type }
}

@available(FairDial 0.1, *)
extension Record: Hashable {
    /// The same in every part; names without regard to case.
    public static func == (left: Record, right: Record) -> Bool {
        left.name == right.name && left.recordClass == right.recordClass && left.timeToLive == right.timeToLive
            && left.data.isEqual(to: right.data)
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(recordClass)
        hasher.combine(timeToLive)
        data.hash(into: &hasher)
    }
}

@available(FairDial 0.1, *)
extension Record: CustomStringConvertible {
    /// As a zone file has it: `db.example.org 300 IN A 192.0.2.1`.
    public var description: String {
        "\(name) \(timeToLive) \(recordClass) \(type) \(data)"
    }
}
