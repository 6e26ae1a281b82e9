// SPDX-License-Identifier: Apache-2.0

import NameResolution
import Testing

@Suite struct `Who asks` {
    @Test(arguments: [
        ("a.feeds.example", ".feeds.example"), ("B.Feeds.Example.", ".feeds.example"), ("feeds.example", ".example"),
        ("localhost", "."), ("localhost.", "."), ("", "."), (".", "."), ("a.", "."), (".a", ".a"), ("..", "."),
    ])
    func `whoever gives no label is the name's parent domain`(name: String, description: String) {
        #expect(Asker(parentDomainOf: name).description == description)
    }

    @Test func `names under one domain are one asker, however they are written`() {
        let asker = Asker(parentDomainOf: "a.feeds.example")
        #expect(Asker(parentDomainOf: "B.FEEDS.example.") == asker)
        #expect(Asker(parentDomainOf: "a.b.feeds.example") != asker)
    }

    @Test func `a label is as it is given, and no domain`() {
        #expect(Asker(label: "Feeds").description == "Feeds")
        #expect(Asker(label: "Feeds") != Asker(label: "feeds"))
        #expect(Asker(label: "example") != Asker(parentDomainOf: "a.example"))
        #expect(Asker(label: "") != Asker(parentDomainOf: "a"))
    }
}
