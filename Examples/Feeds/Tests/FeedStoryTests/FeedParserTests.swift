// SPDX-License-Identifier: Apache-2.0

import FeedStory
import Foundation
import Testing

/// What the parser takes out of feeds as they are met in the world, and what it refuses.
struct FeedParserTests {
    private let address = FeedAddress(host: "news.example", port: 80, target: "/feeds/main.xml")

    private func pages(_ text: String) throws -> [String] {
        try FeedParser.links(in: Data(text.utf8), from: address).map(\.url)
    }

    @Test func `RSS 2.0: the link of each item, and its title`() throws {
        let links = try FeedParser.links(
            in: Data(
                """
                <?xml version="1.0"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"
                xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>News</title>
                <link>https://news.example/</link><atom:link rel="self" href="https://news.example/feed"/>
                <item><title>One &amp; two</title><media:title>no title of ours</media:title>
                <link>https://news.example/1</link><atom:link href="https://other.example/"/></item>
                <item><title><![CDATA[A <b>bold</b> one]]></title><link>
                  https://news.example/2 </link></item>
                <item><link><![CDATA[https://news.example/3]]></link></item></channel></rss>
                """.utf8
            ),
            from: address
        )
        #expect(
            links == [
                FeedLink(feed: address.description, url: "https://news.example/1", title: "One & two"),
                FeedLink(feed: address.description, url: "https://news.example/2", title: "A <b>bold</b> one"),
                FeedLink(feed: address.description, url: "https://news.example/3", title: ""),
            ]
        )
    }

    @Test func `RSS 2.0: a guid that is a permanent link stands in for a link; one that is none does not`() throws {
        let text = """
            <rss><channel><item><guid>https://news.example/1</guid></item>
            <item><guid isPermaLink="false">https://news.example/2</guid></item>
            <item><guid isPermaLink="true">https://news.example/3</guid><title/></item>
            <item><guid>tag:3</guid></item></channel></rss>
            """
        #expect(try pages(text) == ["https://news.example/1", "https://news.example/3"])
    }

    @Test func `RSS 1.0: the items stand beside the channel`() throws {
        let text = """
            <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
            <channel rdf:about="https://news.example/"><title>News</title></channel>
            <item rdf:about="https://news.example/1"><title>One</title><link>https://news.example/1</link></item>
            </rdf:RDF>
            """
        #expect(try pages(text) == ["https://news.example/1"])
    }

    @Test func `Atom: the alternate link, or the one without a relation, relative ones made whole`() throws {
        let text = """
            <feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="https://news.example/feed"/>
            <entry><title type="html"><![CDATA[One]]></title><link rel="edit" href="https://news.example/edit"/>
            <link rel="alternate" type="text/html" href="https://news.example/1"/></entry>
            <entry><link href="/2?a=1&amp;b=2"/></entry>
            <entry><link href="3"/></entry>
            <entry><link rel="enclosure" href="https://news.example/4.mp3"/></entry></feed>
            """
        #expect(
            try pages(text) == [
                "https://news.example/1", "http://news.example/2?a=1&b=2", "http://news.example/feeds/3",
            ]
        )
    }

    @Test func `Atom with a prefix on every name`() throws {
        let text = """
            <a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title>One</a:title>
            <a:link href="https://news.example/1"/></a:entry></a:feed>
            """
        #expect(try pages(text) == ["https://news.example/1"])
    }

    @Test func `what is no page is left out: scripts, mail, nothing, an address without an end`() throws {
        let long = "https://news.example/" + String(repeating: "a", count: 3_000)
        let text = """
            <rss><channel><item><link>javascript:alert(1)</link></item><item><link>mailto:a@b.example</link></item>
            <item><link></link></item><item/><item><link>\(long)</link></item>
            <item><link>https://news.example/1</link></item></channel></rss>
            """
        #expect(try pages(text) == ["https://news.example/1"])
    }

    @Test func `a feed in Latin-1 is read as it says`() throws {
        var data = Data("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><rss><channel><item><title>caf".utf8)
        data.append(0xE9)
        data += Data("</title><link>https://news.example/1</link></item></channel></rss>".utf8)
        #expect(try FeedParser.links(in: data, from: address).map(\.title) == ["café"])
    }

    @Test func `what the embedded server serves has ten links each`() throws {
        for number in [0, 1, 499] { #expect(try pages(FeedText.feed(number)).count == FeedText.linksPerFeed) }
    }

    @Test(arguments: [
        "", " ", "no XML at all", "<rss><channel><item><link>https://news.example/1</link>", "<rss><channel></rss>",
        "<html><body><p>404</p></body></html>", "\u{0}\u{1}\u{2}", "<rss>&undefined;</rss>", "{\"version\":\"1\"}",
    ])
    func `a broken feed is refused`(_ text: String) {
        #expect(throws: FeedParser.Fault.self) { try pages(text) }
    }

    @Test func `an empty feed is a feed`() throws {
        #expect(try pages("<rss version=\"2.0\"><channel><title>quiet</title></channel></rss>").isEmpty)
    }

    @Test func `entities of its own are refused before anything is read: they grow to gigabytes`() {
        var text = "<!DOCTYPE rss [<!ENTITY a0 \"ha\">"
        for level in 1...30 { text += "<!ENTITY a\(level) \"&a\(level - 1);&a\(level - 1);\">" }
        text += "]><rss><channel><title>&a30;</title></channel></rss>"
        #expect(throws: FeedParser.Fault(description: "declares entities")) { try pages(text) }
    }

    @Test func `elements within elements, 100,000 deep, are refused`() {
        let text = "<rss>" + String(repeating: "<a>", count: 100_000) + String(repeating: "</a>", count: 100_000)
        let fault = FeedParser.Fault(description: "elements too deep in each other")
        #expect(throws: fault) { try pages(text + "</rss>") }
        #expect(throws: fault) { try pages("<rss>" + String(repeating: "<a>", count: 100_000)) }
    }

    @Test func `UTF-16 is refused: it would hide what is refused elsewhere`() {
        let text = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><rss><channel/></rss>"
        #expect(throws: FeedParser.Fault.self) {
            try FeedParser.links(in: text.data(using: .utf16) ?? Data(), from: address)
        }
    }

    @Test func `of a huge feed the first thousand links are taken`() throws {
        let items = (0..<20_000).map { "<item><link>https://news.example/\($0)</link></item>" }.joined()
        let found = try pages("<rss><channel>\(items)</channel></rss>")
        #expect(found.count == FetchLimits().links)
        #expect(found.last == "https://news.example/999")
    }
}
