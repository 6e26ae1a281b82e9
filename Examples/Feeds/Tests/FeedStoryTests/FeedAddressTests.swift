// SPDX-License-Identifier: Apache-2.0

import FeedStory
import Testing

/// Addresses as people write them, and lists of them.
struct FeedAddressTests {
    @Test(arguments: [
        ("http://news.example", "http://news.example/"),
        ("https://news.example/a?b=c#d", "https://news.example/a?b=c"),
        ("HTTP://news.example:8080/a", "http://news.example:8080/a"),
        ("http://[::1]:80/feed", "http://[::1]/feed"),
        ("https://news.example:443/", "https://news.example/"),
        ("http://127.0.0.1:9/%20", "http://127.0.0.1:9/%20"),
    ])
    func `an address is read, and told again`(_ text: String, _ told: String) {
        #expect(FeedAddress(text)?.description == told)
    }

    @Test(arguments: [
        "", "news.example", "ftp://news.example/", "http://", "http:///feed", "http://news.example:0/",
        "http://news.example:70000/", "javascript:alert(1)", "http://" + String(repeating: "a", count: 3_000),
    ])
    func `what is no address of HTTP is none`(_ text: String) {
        #expect(FeedAddress(text) == nil)
    }

    @Test func `a list skips empty lines and comments`() throws {
        let list = "# ours\n\n  http://a.example/feed  \nhttps://b.example/\r\n"
        #expect(try FeedList.addresses(in: list).map(\.host) == ["a.example", "b.example"])
    }

    @Test func `a list's fault names its line`() {
        #expect { try FeedList.addresses(in: "http://a.example/\nnonsense\n") } throws: { error in
            "\(error)" == "line 2: write an http:// or https:// address"
        }
        #expect(throws: FeedList.Fault.self) { try FeedList.addresses(in: "# nothing\n") }
        #expect(throws: FeedList.Fault.self) { try FeedList.read("/nowhere/list.txt") }
    }
}
