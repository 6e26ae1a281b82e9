// SPDX-License-Identifier: Apache-2.0

public import DNSMessages

/// The records of one type that a name has: what is looked up beside addresses, such as a service's SRV records.
@available(FairDial 0.1, *)
public struct RecordQuestion: Hashable, Sendable {
    /// The name, absolute: the search list is not for these.
    public let name: DomainName

    /// The type of the records wanted.
    public let type: RecordType

    /// A question from its parts.
    public init(name: DomainName, type: RecordType) {
        self.name = name
        self.type = type
    }
}
