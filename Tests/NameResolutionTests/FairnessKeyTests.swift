// SPDX-License-Identifier: Apache-2.0

import NameResolution
import Testing

@Suite struct `Who asks` {
    @Test(arguments: [
        ("a.feeds.example", ".feeds.example"), ("B.Feeds.Example.", ".feeds.example"), ("feeds.example", ".example"),
        ("localhost", "."), ("localhost.", "."), ("", "."), (".", "."), ("a.", "."), (".a", ".a"), ("..", "."),
    ])
    func `whoever gives no label is the name's parent domain`(name: String, description: String) {
        #expect(FairnessKey(for: name).description == description)
    }

    @Test func `names under one domain are one fairness key, however they are written`() {
        let fairnessKey = FairnessKey(for: "a.feeds.example")
        #expect(FairnessKey(for: "B.FEEDS.example.") == fairnessKey)
        #expect(FairnessKey(for: "a.b.feeds.example") != fairnessKey)
    }

    @Test func `a label is as it is given, and no domain`() {
        #expect(FairnessKey(label: "Feeds").description == "Feeds")
        #expect(FairnessKey(label: "Feeds") != FairnessKey(label: "feeds"))
        #expect(FairnessKey(label: "example") != FairnessKey(for: "a.example"))
        #expect(FairnessKey(label: "") != FairnessKey(for: "a"))
    }
}
