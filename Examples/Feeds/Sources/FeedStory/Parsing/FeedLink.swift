// SPDX-License-Identifier: Apache-2.0

/// One link of one feed: what is stored.
package struct FeedLink: Hashable, Sendable {
    /// The feed's own address.
    package let feed: String
    package let url: String
    package let title: String

    package init(feed: String, url: String, title: String) {
        self.feed = feed
        self.url = url
        self.title = title
    }
}
