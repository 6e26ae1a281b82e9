// SPDX-License-Identifier: Apache-2.0

package import DNSMessages
import NameResolution

/// Which names to ask for when a caller writes one, and in which order: glibc's rules (resolv.conf(5): search, ndots).
@available(FairDial 0.1, *)
package struct SearchList: Hashable, Sendable {
    /// One name to ask for.
    package struct Candidate: Hashable, Sendable {
        /// The name.
        package let name: DomainName
        /// The domain of the list that it was put into, which may be the root; `nil` for the name as it was written
        /// beside the list.
        package let suffix: DomainName?
    }

    private let suffixes: [DomainName]
    private let ndots: Int
    private let skipsTopLevel: Bool

    /// Domains that are no names are left out. A dot before a domain is none of it, as for glibc.
    package init(_ domains: [String], ndots: Int = 1, skipsTopLevel: Bool = false) {
        suffixes = domains.compactMap { domain in
            let isDotted = domain.first == "." && domain != "."
            return try? InternationalName.domainName(isDotted ? String(domain.dropFirst()) : domain)
        }
        self.ndots = ndots
        self.skipsTopLevel = skipsTopLevel
    }

    /// Whether a name is asked for as it is written before any other.
    package func isAskedFirstAsWritten(_ text: String) -> Bool {
        suffixes.isEmpty || text.utf8.last == UInt8(ascii: ".") || text.utf8.count { $0 == UInt8(ascii: ".") } >= ndots
    }

    /// The names to ask for, in order; the first that exists is the answer.
    ///
    /// - Throws: `DomainNameError` where the text is no host's name, or has no A-label. What only becomes too long with
    ///   a domain is left out.
    package func candidates(for text: String) throws(DomainNameError) -> [Candidate] {
        let (name, text) = try InternationalName.host(text)
        let asWritten = Candidate(name: name, suffix: nil)
        if suffixes.isEmpty { return [asWritten] }
        // An escaped dot at the end is none, and the parser knows: without it the text would be no name.
        let isAbsolute = text.utf8.last == UInt8(ascii: ".") && !text.hasSuffix(#"\."#)
        let dots = text.utf8.count { $0 == UInt8(ascii: ".") }
        if isAbsolute { return [asWritten] }
        let below = suffixes.filter { $0 != .root }.compactMap { suffix in
            (try? name.appending(suffix)).map { Candidate(name: $0, suffix: suffix) }
        }
        if dots >= ndots { return [asWritten] + below }
        // A name without a dot is no host of the top level, where the options say so.
        let mayBeAsWritten = dots > 0 || !skipsTopLevel
        guard let root = suffixes.firstIndex(of: .root) else { return below + (mayBeAsWritten ? [asWritten] : []) }
        // The root in the list is the name as written, at that position.
        let atRoot = Candidate(name: name, suffix: .root)
        return Array(below[..<min(root, below.count)]) + [atRoot] + Array(below[min(root, below.count)...])
    }
}
