// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import FairDialCommand
@testable import FairDialConsole

@Suite struct `JSON on one line` {
    @Test func `members keep their order`() {
        let line = JSONLine.object([("b", .integer(1)), ("a", .list([.null, .bool(true), .text("x")]))])
        #expect(line.rendered == #"{"b":1,"a":[null,true,"x"]}"#)
    }

    @Test func `whatever a text holds is read back as it was`() throws {
        let everything =
            String(String.UnicodeScalarView((0..<0x300).compactMap(Unicode.Scalar.init))) + "\u{2028}😀\"\\/"
        let line = JSONLine.list([.text(everything)]).rendered
        #expect(!line.contains("\n"))
        #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String] == [everything])
    }

    @Test(arguments: [
        (Duration.zero, "0.0"), (.nanoseconds(1), "0.000000001"), (.microseconds(10), "0.00001"),
        (.milliseconds(1_500), "1.5"), (.seconds(30), "30.0"), (.milliseconds(-1_500), "-1.5"),
    ])
    func `seconds are decimal numbers, to the nanosecond`(duration: Duration, text: String) {
        #expect(JSONLine.seconds(duration).rendered == text)
    }
}

@Suite struct `Words of the command line` {
    @Test(arguments: [("1", 1), ("65535", 65_535), ("080", 80)])
    func `a port is digits`(text: String, number: Int) throws {
        #expect(try Port(reading: text).number == number)
    }

    @Test(arguments: ["", "0", "65536", "-1", "+1", " 1", "1 ", "0x50", "http", "٨٠"])
    func `and nothing else`(text: String) {
        #expect(throws: WrongValue.self) { try Port(reading: text) }
    }

    @Test(arguments: [("1", Duration.seconds(1)), ("0.25", .milliseconds(250)), ("1e-3", .milliseconds(1))])
    func `seconds may have decimals`(text: String, duration: Duration) throws {
        #expect(try Seconds(reading: text).duration == duration)
    }

    @Test(arguments: ["", "0", "-1", "nan", "inf", "soon", "1e9"])
    func `and must be a time that can be waited for`(text: String) {
        #expect(throws: WrongValue.self) { try Seconds(reading: text) }
    }

    @Test(arguments: [
        ("2s", "2"), ("500ms", "0.5"), ("3 s", "write a number"), ("1m", "60"), ("2min", "120"), ("1h", "3600"),
        ("99999h", "write a number"), ("-1s", "write a number"), ("s", "write a number"),
    ])
    func `where they have a unit, what to write without one is said`(text: String, words: String) throws {
        let wrong = try #require(throws: WrongValue.self) { try Seconds(reading: text) }
        #expect(wrong.description.hasSuffix(": \(words)") || wrong.description.hasPrefix(words), "\(wrong)")
    }

    @Test func `an override is a host and an address`() throws {
        #expect(try Override(reading: "db.test=::1").host == "db.test")
        #expect("\(try Override(reading: "db.test=::1").address)" == "::1")
        for wrong in ["db.test", "=::1", "db.test=", "db.test=localhost", "db.test=127.1"] {
            #expect(throws: WrongValue.self) { try Override(reading: wrong) }
        }
    }
}
