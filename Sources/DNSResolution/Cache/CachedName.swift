// SPDX-License-Identifier: Apache-2.0

package import DNSMessages

/// What a cache has of one name and type of record, for people to look at.
@available(FairDial 0.1, *)
package struct CachedName: Hashable, Sendable {
    /// The name, in lower case.
    package let name: DomainName
    /// The type of record.
    package let type: RecordType
    /// How many records; none for "does not exist" and "no such record".
    package let recordCount: Int
    /// For how long it may still be told, from the moment at which the cache was looked at; less than zero for what is
    /// over, which a cache that may tell stale answers still has.
    package let timeToLive: Duration
    /// How often it has been asked for since it was stored.
    package let hits: Int
}
