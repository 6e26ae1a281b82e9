// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import IPAddresses
import NameResolution
import Testing

extension HostsFile {
    fileprivate init(text: String) {
        self.init(Array(text.utf8))
    }

    /// The addresses of a name as text; `nil` when the file has none.
    fileprivate func texts(_ name: String, _ families: AddressFamilies = .both) -> [String]? {
        addresses(of: name, families: families)?.map(\.description)
    }
}

@Suite struct `Hosts file` {
    @Test func `each name of a line has its address, case aside`() {
        let file = HostsFile(text: "192.0.2.1 db.example DB db2\n")
        for name in ["db.example", "DB.Example", "db", "Db", "db2"] { #expect(file.texts(name) == ["192.0.2.1"]) }
        for name in ["192.0.2.1", "db.example.", "d", "db3", ""] { #expect(file.texts(name) == nil) }
        #expect(file.faults.isEmpty)
    }

    @Test func `addresses stand in the file's order, with their repetitions`() {
        let file = HostsFile(text: "192.0.2.2 a\n2001:db8::1 a\n192.0.2.1 a\n192.0.2.2 a\n")
        #expect(file.texts("a") == ["192.0.2.2", "2001:db8::1", "192.0.2.1", "192.0.2.2"])
        #expect(file.texts("a", .ipv4) == ["192.0.2.2", "192.0.2.1", "192.0.2.2"])
        #expect(file.texts("a", .ipv6) == ["2001:db8::1"])
    }

    @Test func `a name that stands twice in one line counts once there`() {
        let file = HostsFile(text: "192.0.2.1 a A a\n192.0.2.2 a\n")
        #expect(file.texts("a") == ["192.0.2.1", "192.0.2.2"])
    }

    @Test(arguments: [
        "192.0.2.1 a\n", "192.0.2.1 a", "192.0.2.1\ta\n", "  \t192.0.2.1   a\n", "192.0.2.1 a\r\n", "192.0.2.1 a # b\n",
        "192.0.2.1 a#b\n", "192.0.2.1\u{b}a\u{c}\n", "\n\n192.0.2.1 a\n\n", "# c\n#192.0.2.9 a\n192.0.2.1 a",
        "192.0.2.1 b a c", "192.0.2.1 a\0 b\n", "192.0.2.1 a\0\n192.0.2.9 c\n", "\0192.0.2.9 a\n192.0.2.1 a\n",
        "192.0.2.1 a\n192.0.2.9 #a\n",
    ])
    func `white space, comments and NULs are read as the C library reads them`(text: String) {
        #expect(HostsFile(text: text).texts("a") == ["192.0.2.1"])
    }

    @Test(arguments: [
        "192.0.2 a\n", "192.0.2.01 a\n", "0x7f.1 a\n", "192.0.2.256 a\n", "fe80::1%lo a\n", "fe80::1%1 a\n",
        "[::1] a\n",
        "a 192.0.2.1\n", "192.0.2.1/24 a\n", "192.0.2.1,a a\n", "-1 a\n",
        "\u{feff}192.0.2.1 a\n", "192.0.2.1\u{a0}a\n",
    ])
    func `a line that begins with no address is skipped and listed`(text: String) {
        let file = HostsFile(text: "192.0.2.7 b\n" + text + "192.0.2.8 b\n")
        #expect(file.texts("a") == nil)
        #expect(file.texts("b") == ["192.0.2.7", "192.0.2.8"])
        #expect(file.faults.map(\.line) == [2])
        #expect(file.faults.map(\.reason) == ["the line does not begin with an address"])
    }

    @Test func `an address without a name is listed`() {
        let file = HostsFile(text: "192.0.2.1\n192.0.2.2 # a\n192.0.2.3 a\n")
        #expect(file.faults.map(\.line) == [1, 2])
        #expect(file.faults.map(\.reason) == ["the address has no name", "the address has no name"])
        #expect(file.texts("a") == ["192.0.2.3"])
    }

    @Test func `the first hundred faults are listed`() {
        let file = HostsFile(text: String(repeating: "garbage\n", count: 500))
        #expect(file.faults.map(\.line) == Array(1...100))
    }

    @Test func `for IPv4 alone a mapped address counts as what it maps, and the loopback as IPv4's`() {
        let file = HostsFile(text: "::ffff:192.0.2.1 a\n::1 a\n2001:db8::1 a\n::192.0.2.9 a\n192.0.2.2 a\n")
        #expect(file.texts("a", .ipv4) == ["192.0.2.1", "127.0.0.1", "192.0.2.2"])
        #expect(file.texts("a", .ipv6) == ["::ffff:192.0.2.1", "::1", "2001:db8::1", "::c000:209"])
        #expect(file.texts("a")?.count == 5)
    }

    @Test func `a name with none of the family asked for has no addresses`() {
        let file = HostsFile(text: "192.0.2.1 four\n2001:db8::1 six\n")
        #expect(file.texts("four", .ipv6) == nil)
        #expect(file.texts("six", .ipv4) == nil)
    }

    @Test func `bytes that are no UTF-8 harm their own name alone`() {
        let bytes = Array("192.0.2.1 a\n192.0.2.2 ".utf8) + [0xFF, 0xFE] + Array(" b\n".utf8) + [0x80, 0x0A]
        let file = HostsFile(bytes + Array("192.0.2.3 c".utf8))
        #expect(file.texts("a") == ["192.0.2.1"])
        #expect(file.texts("b") == ["192.0.2.2"])
        #expect(file.texts("c") == ["192.0.2.3"])
        #expect(file.texts("\u{FFFD}\u{FFFD}") == nil)
        #expect(file.faults.map(\.line) == [3])
    }

    @Test func `names are compared byte by byte beyond ASCII`() {
        let file = HostsFile(text: "192.0.2.1 b\u{fc}cher K\n")
        #expect(file.texts("B\u{fc}CHER") == ["192.0.2.1"])
        #expect(file.texts("bu\u{308}cher") == nil)
        #expect(file.texts("B\u{dc}CHER") == nil)
        #expect(file.texts("\u{212A}") == nil)
    }

    @Test func `huge lines and empty files are files like any other`() {
        let names = (0..<5_000).map { "name\($0)" }.joined(separator: " ")
        let file = HostsFile(text: "192.0.2.1 " + names + "\n" + String(repeating: "x", count: 200_000) + " y\n")
        #expect(file.texts("name0") == ["192.0.2.1"])
        #expect(file.texts("NAME4999") == ["192.0.2.1"])
        #expect(file.faults.map(\.line) == [2])
        #expect(HostsFile(text: "") == HostsFile([]))
        #expect(HostsFile(text: "\n\n").texts("") == nil)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `any bytes mean what they mean to a slow reader`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let pieces = [
            "192.0.2.1", "192.0.2.2", "::1", "a", "A", "ab", "b", " ", " ", "\t", "\n", "\n", "#", "\0", "\r",
        ]
        for _ in 0..<50 {
            let text = (0..<Int.random(in: 0..<120, using: &generator)).map { _ in pieces.pick(&generator) }.joined()
            let file = HostsFile(text: text)
            let slow = SlowHostsFile(Array(text.utf8))
            for (name, addresses) in slow.addresses {
                #expect(
                    file.addresses(of: String(decoding: name, as: UTF8.self), families: .both) == addresses,
                    "\(text)"
                )
            }
            for name in pieces + ["192.0.2.1a", "aa", ""] where slow.addresses[name.lowercased().utf8.map { $0 }] == nil
            {
                #expect(file.texts(name) == nil, "\(name) in \(text)")
            }
        }
    }

    @Test func `a list of 200,000 blocked names takes little more than its own bytes`() {
        let lines = (0..<200_000).map { "0.0.0.0 ads\($0).tracker.example\n" }.joined()
        let file = HostsFile(text: lines)
        #expect(file.texts("ads0.tracker.example") == ["0.0.0.0"])
        #expect(file.texts("ADS199999.tracker.example") == ["0.0.0.0"])
        #expect(file.texts("ads200000.tracker.example") == nil)
        #expect(file.byteCount < 15_000_000)
    }

    @Test func `a name may stand in every line`() {
        let file = HostsFile(text: String(repeating: "192.0.2.1 a\n", count: 100_000))
        #expect(file.texts("a")?.count == 100_000)
        #expect(HostsFile(text: "192.0.2.1" + String(repeating: " a", count: 100_000)).texts("a") == ["192.0.2.1"])
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `any bytes are read to the end`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("192.0 2:af#\n\r\t\0xyz".utf8) + [0xFF, 0xC3, 0x0B]
        for _ in 0..<20 {
            let bytes = (0..<Int.random(in: 0..<400, using: &generator)).map { _ in alphabet.pick(&generator) }
            let file = HostsFile(bytes + Array("\n192.0.2.1 last\n".utf8))
            #expect(file.texts("last") == ["192.0.2.1"], "seed \(seed): \(bytes)")
        }
    }
}
