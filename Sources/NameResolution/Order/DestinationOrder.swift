// SPDX-License-Identifier: Apache-2.0

package import IPAddresses

/// The order in which to try destinations (RFC 6724 §6), as a pure sort over destinations and their source addresses.
///
/// Scopes, and the rule on IPv4's matching prefixes, are glibc's reading of the RFC: the answers must be the C
/// library's.
@available(FairDial 0.1, *)
package struct DestinationOrder: Sendable {
    /// A destination and the address that this machine would send from.
    package struct Candidate: Hashable, Sendable {
        /// Where to.
        package var destination: IPAddress
        /// Where from; `nil` when there is no way to the destination.
        package var source: IPAddress?
        /// The length of the source's own network prefix, for IPv4; `nil` when it is not known.
        package var sourcePrefixLength: Int?
        /// What is known from connections in the past.
        package var experience: Experience

        /// A candidate from its parts.
        package init(
            destination: IPAddress,
            source: IPAddress?,
            sourcePrefixLength: Int? = nil,
            experience: Experience = .none
        ) {
            self.destination = destination
            self.source = source
            self.sourcePrefixLength = sourcePrefixLength
            self.experience = experience
        }
    }

    /// What connections in the past have shown of a destination.
    package enum Experience: Hashable, Sendable {
        /// Nothing.
        case none
        /// It connects, and takes about this long.
        case connected(roundTrip: Duration)
        /// The last one failed.
        case failed

        /// Those that connected first, those that failed last.
        fileprivate var standing: Int {
            switch self {
            case .connected: 0
            case .none: 1
            case .failed: 2
            }
        }

        /// Round trips in steps of 25 ms: a smaller difference is noise, and must not turn an order round.
        fileprivate var step: Int {
            guard case .connected(let roundTrip) = self else { return 0 }
            return Int(roundTrip / .milliseconds(25))
        }
    }

    /// The rules of RFC 6724 §6 that can be told apart here, and between rules 8 and 9 the two of RFC 8305 §4. Rules 3
    /// (deprecated addresses), 4 (home addresses) and 7 (native transport) need what a socket does not tell, and count
    /// as even.
    package enum Rule: Hashable, Sendable {
        /// Rule 1: avoid unusable destinations.
        case usable
        /// Rule 2: prefer matching scope.
        case matchingScope
        /// Rule 5: prefer matching label.
        case matchingLabel
        /// Rule 6: prefer higher precedence.
        case precedence
        /// Rule 8: prefer smaller scope.
        case smallerScope
        /// RFC 8305 §4: prefer what connected in the past, and avoid what failed.
        case experience
        /// RFC 8305 §4: prefer the lower round-trip time.
        case roundTrip
        /// Rule 9: use the longest matching prefix.
        case longestPrefix
        /// Rule 10: otherwise leave the order unchanged.
        case unchanged

        /// The rule's number in RFC 6724 §6; `nil` for RFC 8305's.
        package var number: Int? {
            switch self {
            case .usable: 1
            case .matchingScope: 2
            case .matchingLabel: 5
            case .precedence: 6
            case .smallerScope: 8
            case .experience, .roundTrip: nil
            case .longestPrefix: 9
            case .unchanged: 10
            }
        }
    }

    private let table: AddressPreferenceTable

    /// - Parameter table: labels and precedences.
    package init(table: AddressPreferenceTable = .glibc) {
        self.table = table
    }

    /// The destinations, best first.
    ///
    /// The rules are not transitive where IPv4 addresses meet IPv4-mapped ones, because rule 9 compares within a family
    /// alone. Then the sorting algorithm decides, so this is glibc's: a merge sort, the first half the smaller one.
    package func sorted(_ candidates: [Candidate]) -> [IPAddress] {
        merged(candidates[...]).map(\.destination)
    }

    private func merged(_ candidates: ArraySlice<Candidate>) -> ArraySlice<Candidate> {
        guard candidates.count > 1 else { return candidates }
        let half = candidates.count / 2
        var left = merged(candidates.prefix(half))
        var right = merged(candidates.dropFirst(half))
        var merged: [Candidate] = []
        merged.reserveCapacity(candidates.count)
        while let first = left.first, let second = right.first {
            // What comes from the left stood there before (rule 10).
            let isSecondBetter = decide(second, first).isFirst
            merged.append(isSecondBetter ? second : first)
            if isSecondBetter { right.removeFirst() } else { left.removeFirst() }
        }
        return merged + left + right
    }

    /// Whether one candidate goes strictly before another, and which rule decides between them.
    package func decide(_ left: Candidate, _ right: Candidate) -> (isFirst: Bool, by: Rule) {
        if (left.source == nil) != (right.source == nil) { return (left.source != nil, .usable) }
        let leftScope = Self.scope(of: left.destination)
        let rightScope = Self.scope(of: right.destination)
        let leftRow = table.row(for: left.destination)
        let rightRow = table.row(for: right.destination)
        if let leftSource = left.source, let rightSource = right.source {
            let leftMatches = Self.scope(of: leftSource) == leftScope
            let rightMatches = Self.scope(of: rightSource) == rightScope
            if leftMatches != rightMatches { return (leftMatches, .matchingScope) }
            let leftBelongs = table.row(for: leftSource).label == leftRow.label
            let rightBelongs = table.row(for: rightSource).label == rightRow.label
            if leftBelongs != rightBelongs { return (leftBelongs, .matchingLabel) }
        }
        if leftRow.precedence != rightRow.precedence { return (leftRow.precedence > rightRow.precedence, .precedence) }
        if leftScope != rightScope { return (leftScope < rightScope, .smallerScope) }
        let (leftStanding, rightStanding) = (left.experience.standing, right.experience.standing)
        if leftStanding != rightStanding { return (leftStanding < rightStanding, .experience) }
        let (leftStep, rightStep) = (left.experience.step, right.experience.step)
        if leftStep != rightStep { return (leftStep < rightStep, .roundTrip) }
        if let (leftBits, rightBits) = Self.matchingBits(left, right), leftBits != rightBits {
            return (leftBits > rightBits, .longestPrefix)
        }
        return (false, .unchanged)
    }

    /// RFC 6724 §3.1, with IPv4's loopback and link-local addresses as link-local, and all others global (§3.2).
    private static func scope(of address: IPAddress) -> Int {
        let linkLocal = 2
        let siteLocal = 5
        let global = 14
        switch address {
        case .v4(let address):
            return address.bits >> 24 == 127 || address.bits >> 16 == 0xA9FE ? linkLocal : global
        case .v6(let address, _):
            if address.high >> 56 == 0xFF { return Int(address.high >> 48 & 0xF) }
            if address == .loopback || address.high >> 54 == 0xFE80 >> 6 { return linkLocal }
            return address.high >> 54 == 0xFEC0 >> 6 ? siteLocal : global
        }
    }

    /// How many leading bits each destination shares with its source, counted as glibc counts them; `nil` across
    /// families.
    private static func matchingBits(_ left: Candidate, _ right: Candidate) -> (Int, Int)? {
        switch (left.destination, left.source, right.destination, right.source) {
        case (.v4(let leftTo), .v4(let leftFrom)?, .v4(let rightTo), .v4(let rightFrom)?):
            return (
                bits(leftTo, leftFrom, prefixLength: left.sourcePrefixLength),
                bits(rightTo, rightFrom, prefixLength: right.sourcePrefixLength)
            )
        case (.v6(let leftTo, _), .v6(let leftFrom, _)?, .v6(let rightTo, _), .v6(let rightFrom, _)?):
            return bits(difference(leftTo, leftFrom), difference(rightTo, rightFrom))
        default:
            return nil
        }
    }

    /// Outside the source's own network, common leading bits of IPv4 addresses mean nothing, and count as none. A
    /// network of unknown length is taken to be the source address alone (32 bits).
    private static func bits(_ to: IPv4Address, _ from: IPv4Address, prefixLength: Int?) -> Int {
        let difference = to.bits ^ from.bits
        let length = prefixLength.map { 1...32 ~= $0 ? $0 : 32 } ?? 32
        return difference >> UInt32(32 - length) == 0 ? difference.leadingZeroBitCount : 0
    }

    private static func difference(_ to: IPv6Address, _ from: IPv6Address) -> IPv6Address {
        IPv6Address(high: to.high ^ from.high, low: to.low ^ from.low)
    }

    /// The first word of 32 bits in which either pair differs decides. Without a list of words: thousands of addresses
    /// are compared ten thousand times.
    private static func bits(_ left: IPv6Address, _ right: IPv6Address) -> (Int, Int) {
        for position in 0..<4 {
            let (left, right) = (word(position, of: left), word(position, of: right))
            if left != 0 || right != 0 { return (left.leadingZeroBitCount, right.leadingZeroBitCount) }
        }
        return (0, 0)
    }

    private static func word(_ position: Int, of bits: IPv6Address) -> UInt32 {
        UInt32(truncatingIfNeeded: (position < 2 ? bits.high : bits.low) >> (position % 2 == 0 ? 32 : 0))
    }
}
