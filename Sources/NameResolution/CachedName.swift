// SPDX-License-Identifier: Apache-2.0

public import DNSMessages

/// What a cache has of one name and type of record, for people to look at.
public struct CachedName: Hashable, Sendable {
    /// The name, in lower case.
    public let name: DomainName
    /// The type of record.
    public let type: RecordType
    /// How many records; none for "does not exist" and "no such record".
    public let recordCount: Int
    /// For how long it may still be told, from the moment at which the cache was looked at; less than zero for what is
    /// over, which a cache that may tell stale answers still has.
    public let timeToLive: Duration
    /// How often it has been asked for since it was stored.
    public let hits: Int
}
