// SPDX-License-Identifier: Apache-2.0

/// What the embedded feed server serves: RSS for even numbers, Atom for odd ones, ten links each.
package enum FeedText {
    /// How many links each has.
    package static let linksPerFeed = 10

    /// The feed with this number.
    package static func feed(_ number: Int) -> String {
        number.isMultiple(of: 2) ? rss(number) : atom(number)
    }

    private static func rss(_ number: Int) -> String {
        let items = (1...linksPerFeed).map { item in
            """
            <item>
            <title>News \(item) of feed \(number)</title>
            <link>https://feed-\(number).example/news/\(item)</link>
            <guid isPermaLink="false">feed-\(number)-\(item)</guid>
            <description><![CDATA[<p>What happened, in a few words.</p>]]></description>
            </item>
            """
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <rss version="2.0"><channel>
            <title>Feed \(number)</title>
            <link>https://feed-\(number).example/</link>
            \(items.joined(separator: "\n"))
            </channel></rss>

            """
    }

    private static func atom(_ number: Int) -> String {
        let entries = (1...linksPerFeed).map { entry in
            """
            <entry>
            <title type="html">News \(entry) of feed \(number)</title>
            <link rel="alternate" href="https://feed-\(number).example/news/\(entry)"/>
            <id>urn:feed:\(number):\(entry)</id>
            <summary>What happened, in a few words.</summary>
            </entry>
            """
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <feed xmlns="http://www.w3.org/2005/Atom">
            <title>Feed \(number)</title>
            <link rel="self" href="http://\(SlowNames.name(number))/feed"/>
            \(entries.joined(separator: "\n"))
            </feed>

            """
    }
}
