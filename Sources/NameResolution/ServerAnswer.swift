// SPDX-License-Identifier: Apache-2.0

package import DNSMessages
package import IPAddresses

/// What a DNS server's answer says to its question, aliases followed as far as it has them.
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
    /// For how many seconds that may be kept; `nil` for a "no" of which the server has not said (RFC 2308 §5).
    package var timeToLive: UInt32?
    /// The name that the aliases lead to; `nil` where there were none.
    package var canonicalName: DomainName?
    /// Whether the server has verified it (AD).
    package var isAuthentic: Bool
    /// Who said so; `nil` for nobody.
    package var server: Endpoint?

    /// An answer from its parts.
    package init(
        content: Content,
        timeToLive: UInt32? = nil,
        canonicalName: DomainName? = nil,
        isAuthentic: Bool = false,
        server: Endpoint? = nil
    ) {
        self.content = content
        self.timeToLive = timeToLive
        self.canonicalName = canonicalName
        self.isAuthentic = isAuthentic
        self.server = server
    }
}
