// SPDX-License-Identifier: Apache-2.0

import XMLCoder

/// The parts of a feed that lead to links, whichever of the three forms it has. What is missing or odd is left out: one
/// bad item must not cost the others.
struct FeedDocument: Decodable {
    /// RSS 2.0 and before: everything is in the channel.
    private let channel: FeedChannel?
    /// RSS 1.0: the items are beside it.
    private let items: [FeedEntry]
    /// Atom.
    private let atomEntries: [FeedEntry]

    private enum CodingKeys: String, CodingKey {
        case channel
        case items = "item"
        case atomEntries = "entry"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        channel = try? container.decode(FeedChannel.self, forKey: .channel)
        items = (try? container.decode([FeedEntry].self, forKey: .items)) ?? []
        atomEntries = (try? container.decode([FeedEntry].self, forKey: .atomEntries)) ?? []
    }

    /// Whether it has nothing of a feed.
    var isEmpty: Bool { channel == nil && items.isEmpty && atomEntries.isEmpty }

    var entries: [FeedEntry] { (channel?.items ?? []) + items + atomEntries }
}

/// The channel of RSS 2.0.
private struct FeedChannel: Decodable {
    let items: [FeedEntry]

    private enum CodingKeys: String, CodingKey {
        case items = "item"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        items = (try? container.decode([FeedEntry].self, forKey: .items)) ?? []
    }
}

/// An item of RSS, or an entry of Atom.
struct FeedEntry: Decodable {
    let title: String?
    /// The page that it is about.
    let link: String?

    private enum CodingKeys: String, CodingKey {
        case title, link, guid
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        title = Self.text(in: container, .title)
        let guid = Self.text(in: container, .guid).flatMap { $0.hasPrefix("http") ? $0 : nil }
        let guidMarks = try? container.decode(FeedElement.self, forKey: .guid)
        let links = (try? container.decode([FeedElement].self, forKey: .link)) ?? []
        // RSS has the address as text; of Atom's links the one without a relation is the page, too (RFC 4287 §4.2.7.2).
        link =
            links.first { ($0.relation ?? "alternate") == "alternate" && $0.href != nil }?.href
            ?? Self.text(in: container, .link)
            ?? (guidMarks?.isPermanentLink == "false" ? nil : guid)
    }

    /// The first text of elements with this name; `nil` where all are empty. A CDATA section is text only for those who
    /// ask for a string.
    private static func text(in container: KeyedDecodingContainer<CodingKeys>, _ key: CodingKeys) -> String? {
        (try? container.decode([String].self, forKey: key))?.first { !$0.isEmpty }
    }
}

/// The attributes of an element that may have some of these.
private struct FeedElement: Decodable, DynamicNodeDecoding {
    let href: String?
    let relation: String?
    let isPermanentLink: String?

    private enum CodingKeys: String, CodingKey {
        case href
        case relation = "rel"
        case isPermanentLink = "isPermaLink"
    }

    static func nodeDecoding(for key: any CodingKey) -> XMLDecoder.NodeDecoding { .attribute }
}
