// SPDX-License-Identifier: Apache-2.0

package import Foundation
import XMLCoder

/// Takes the links out of a feed: RSS 0.9x to 2.0, RSS 1.0 and Atom, whichever it is.
package enum FeedParser {
    /// Why bytes are no feed.
    package struct Fault: Error, Hashable, CustomStringConvertible {
        package let description: String

        package init(description: String) {
            self.description = description
        }
    }

    /// Titles are cut here; some feeds put a whole page into one.
    private static let longestTitle = 300

    /// - Parameters:
    ///   - data: a whole feed.
    ///   - address: where it is from, for links that are relative.
    ///   - limit: so many links at most.
    package static func links(
        in data: Data,
        from address: FeedAddress,
        limit: Int = FetchLimits().links
    ) throws(Fault) -> [FeedLink] {
        // A few entities of entities grow to gigabytes. No feed needs any of its own.
        guard data.range(of: Data("<!ENTITY".utf8)) == nil else { throw Fault(description: "declares entities") }
        // UTF-16 would hide them from the line above.
        guard !data.contains(0) else { throw Fault(description: "zero bytes: neither UTF-8 nor Latin") }
        guard !DepthGuard.refuses(data) else { throw Fault(description: "elements too deep in each other") }
        var document = try decode(data, withoutPrefixes: false)
        if document.isEmpty, data.range(of: Data("xmlns:".utf8)) != nil {
            // `<atom:feed>` and its like; with prefixes kept, `<media:title>` is no title.
            document = try decode(data, withoutPrefixes: true)
        }
        guard !document.isEmpty else { throw Fault(description: "XML, but neither RSS nor Atom") }
        let feed = address.description
        return document.entries.lazy.compactMap { entry in
            guard let page = entry.link.flatMap(address.page) else { return nil }
            return FeedLink(feed: feed, url: page, title: String((entry.title ?? "").prefix(longestTitle)))
        }.prefix(limit).map { $0 }
    }

    private static func decode(_ data: Data, withoutPrefixes: Bool) throws(Fault) -> FeedDocument {
        let decoder = XMLDecoder()
        decoder.shouldProcessNamespaces = withoutPrefixes
        do {
            return try decoder.decode(FeedDocument.self, from: data)
        } catch {
            throw Fault(description: "no XML that can be read")
        }
    }
}
