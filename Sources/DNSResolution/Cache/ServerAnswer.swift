// SPDX-License-Identifier: Apache-2.0

package import DNSMessages
package import IPAddresses
package import NameResolution

/// What a DNS server's answer says to its question, aliases followed as far as it has them.
@available(FairDial 0.1, *)
package struct ServerAnswer: Hashable, Sendable {
    /// What there is.
    package enum Content: Hashable, Sendable {
        /// Addresses, for a question for A or AAAA.
        case addresses([IPAddress])
        /// Records, for a question for another type.
        case records([Record])
        /// The name exists, and has no such record.
        case noData
        /// The name does not exist.
        case nameError
        /// The name is an alias, and the answer does not say what the other name has.
        case alias(DomainName)
    }

    /// What there is.
    package var content: Content
    /// For how many seconds that may be kept; `nil` for a negative answer without an SOA record (RFC 2308 §5).
    package var timeToLive: UInt32?
    /// The name that the aliases lead to; `nil` where there were none.
    package var canonicalName: DomainName?
    /// Whether the server has verified it (AD).
    package var isAuthentic: Bool
    /// The server that said so; `nil` where none did.
    package var server: Endpoint?
    /// Where it comes from: a server, the cache, or another lookup's query.
    package var source: LookupSource
    /// Whether it comes from a cache, and is older than its zone allows (RFC 8767).
    package var isStale = false

    /// An answer from its parts.
    package init(
        content: Content,
        timeToLive: UInt32? = nil,
        canonicalName: DomainName? = nil,
        isAuthentic: Bool = false,
        server: Endpoint? = nil,
        source: LookupSource = .dns
    ) {
        self.content = content
        self.timeToLive = timeToLive
        self.canonicalName = canonicalName
        self.isAuthentic = isAuthentic
        self.server = server
        self.source = source
    }

    /// Whether it has addresses.
    package var hasAddresses: Bool {
        if case .addresses = content { true } else { false }
    }
}

@available(FairDial 0.1, *)
extension ServerAnswer {
    /// How many addresses or records.
    var recordCount: Int {
        switch content {
        case .addresses(let addresses): addresses.count
        case .records(let records): records.count
        case .noData, .nameError, .alias: 0
        }
    }

    /// About how many bytes it takes to keep.
    var byteCount: Int {
        let overhead = 120
        return switch content {
        case .addresses(let addresses): overhead + addresses.count * MemoryLayout<IPAddress>.stride
        // 200 bytes for each record, plus the length of its text.
        case .records(let records): overhead + records.reduce(0) { $0 + 200 + $1.description.utf8.count }
        case .noData, .nameError, .alias: overhead
        }
    }
}
