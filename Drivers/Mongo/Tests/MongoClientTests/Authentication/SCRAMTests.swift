// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MongoClient

@Suite struct `SCRAM, RFC 5802 and RFC 7677` {
    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `the example of RFC 7677 §3`() throws {
        var scram = SCRAM(.sha256, username: "user", nonce: "rOprNGfwEbeRWgbNEkqO")
        #expect(Self.text(scram.clientFirst) == "n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
        let first = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        let challenge = try scram.challenge(Array(first.utf8))
        let keys = try SCRAMKeys(.sha256, username: "user", password: "pencil", challenge)
        #expect(
            Self.text(scram.clientFinal(keys))
                == "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        )
        try scram.verify(Array("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".utf8))
        #expect(throws: SCRAM.Refusal.self) {
            try scram.verify(Array("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".utf8))
        }
        #expect(throws: SCRAM.Refusal.self) { try scram.verify(Array("v=".utf8)) }
    }

    /// MongoDB hashes the password before: the drivers' specification "Authentication" has this talk.
    @Test func `the example of MongoDB's specification, SHA-1`() throws {
        var scram = SCRAM(.sha1, username: "user", nonce: "fyko+d2lbbFgONRv9qkxdawL")
        let first = "r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,s=rQ9ZY3MntBeuP3E1TDVC4w==,i=10000"
        let challenge = try scram.challenge(Array(first.utf8))
        let keys = try SCRAMKeys(.sha1, username: "user", password: "pencil", challenge)
        #expect(
            Self.text(scram.clientFinal(keys))
                == "c=biws,r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,p=MC2T8BvbmWRckDw8oWl5IVghwCY="
        )
        try scram.verify(Array("v=UMWeI25JD1yNYZRMpZ4VHvhZ9e0=".utf8))
    }

    @Test(arguments: [
        "r=abcX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095", "r=abcX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=2000001",
        "r=abc,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "r=xbcX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        "r=abcX,s=,i=4096", "r=abcX,s=!!!!,i=4096", "r=abcX,i=4096", "r=abcX,s=W22ZaJ0SNY7soEsUEjb6gQ==",
        "m=ext,r=abcX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "r=abcX,r=abcY,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "",
        "nonsense",
        "r=abcX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-4096", "r=abcX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999999999999999",
    ])
    func `a challenge that no honest server makes is refused`(_ first: String) {
        var scram = SCRAM(.sha256, username: "user", nonce: "abc")
        #expect(throws: SCRAM.Refusal.self) { try scram.challenge(Array(first.utf8)) }
    }

    @Test func `names are escaped`() {
        #expect(Self.text(SCRAM(.sha256, username: "a=b,c", nonce: "n").clientFirst) == "n,,n=a=3Db=2Cc,r=n")
    }

    @Test func `no way of printing shows keys`() throws {
        let challenge = SCRAM.Challenge(salt: [1], rounds: 4_096)
        let keys = try SCRAMKeys(.sha256, username: "u", password: "p", challenge)
        var dumped = ""
        dump(keys, to: &dumped)
        for text in ["\(keys)", String(reflecting: keys), dumped] { #expect(!text.contains("\(keys.stored[0])")) }
    }

    @Test func `the cache is bounded`() throws {
        let cache = SCRAMKeyCache()
        let keys = try SCRAMKeys(.sha1, username: "u", password: "p", SCRAM.Challenge(salt: [1], rounds: 4_096))
        func key(_ number: Int) -> SCRAMKeyCache.Key {
            SCRAMKeyCache.Key(hash: .sha1, challenge: SCRAM.Challenge(salt: [1], rounds: number))
        }
        for number in 0..<100 { cache.add(keys, for: key(number)) }
        #expect((0..<100).filter { cache[key($0)] != nil } == Array(92..<100))
    }

    /// RFC 4013 §3, and MongoDB's own examples.
    @Test(
        arguments: [
            ("I\u{AD}X", "IX"), ("user", "user"), ("USER", "USER"), ("\u{AA}", "a"), ("\u{2168}", "IX"), ("\u{7}", nil),
            ("\u{627}\u{31}", nil), ("\u{627}\u{31}\u{627}", "\u{627}\u{31}\u{627}"), ("a\u{A0}b", "a b"), ("", ""),
            ("\u{E000}", nil), ("a\u{627}", nil), ("\u{E1}", "\u{E1}"), ("a\u{301}", "\u{E1}"),
        ] as [(String, String?)]
    )
    func `SASLprep, RFC 4013`(_ row: (String, String?)) {
        #expect(SASLprep.prepare(row.0).map { Array($0.utf8) } == row.1.map { Array($0.utf8) })
    }
}
