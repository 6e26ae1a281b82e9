// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import NameResolution
import Testing

@Suite struct `Name service switch` {
    private static func isHostsFileFirst(_ text: String) -> Bool {
        NameServiceSwitch(Array(text.utf8)).isHostsFileFirst
    }

    @Test(arguments: [
        "hosts: files dns\n", "hosts: files", "hosts:files dns", "hosts:\tfiles\tdns\r\n", "  hosts : files dns\n",
        "hosts: files # dns\n", "#hosts: dns\nhosts: files\n", "passwd: dns\nhosts: files mdns4_minimal dns\n",
        "hosts: files [SUCCESS=return] dns", "hosts: files [success=RETURN] dns",
        "hosts: files [NOTFOUND=continue] dns",
        "hosts: files[!SUCCESS=continue] dns", "hosts: files [UNAVAIL=return TRYAGAIN=continue] dns",
        "hosts: dns\nhosts: files\n",
        // Accents that would join the blank, or the colon, before them into one character.
        "hosts: files \u{596}x dns\n", "hosts:\u{301} dns\nhosts: files\n",
        // Nothing there: `files dns` is what is meant.
        "", "\n", "# nothing", "passwd: files\n", "garbage\0\u{ff}\n", "HOSTS: dns\n", "hosts\n", ": dns\n",
    ])
    func `a name that the hosts file has is final`(text: String) {
        #expect(Self.isHostsFileFirst(text))
    }

    @Test(arguments: [
        "hosts: dns files\n", "hosts: dns", "hosts:", "hosts: \n", "hosts: mymachines files dns",
        "hosts: files [SUCCESS=continue] dns", "hosts: files [Success=Continue] dns",
        "hosts: files [SUCCESS=merge] dns",
        "hosts: files [!NOTFOUND=continue] dns", "hosts: files [NOTFOUND=return SUCCESS=continue] dns",
        "hosts: files\nhosts: dns\n", "hosts: dns\nHOSTS: files\n", "hosts: Files dns", "hosts: files\u{a0}dns",
        "hosts: [SUCCESS=return] dns files", "hosts foo: dns files\n",
        // What cannot be read is left to the C library.
        "hosts: files [", "hosts: files [SUCCESS", "hosts: files [garbage] dns", "hosts: files [SUCCESS=] dns",
    ])
    func `a name that the hosts file has is not final`(text: String) {
        #expect(!Self.isHostsFileFirst(text))
    }

    @Test func `services and their actions are kept in order`() {
        let text =
            "hosts: files mdns4_minimal [NOTFOUND=return !UNAVAIL=continue] resolve[!UNAVAIL=return]dns [A=b] [C=d]"
        let services = NameServiceSwitch(Array(text.utf8)).hosts
        #expect(services.map(\.name) == ["files", "mdns4_minimal", "resolve", "dns"])
        #expect(
            services.map(\.actions) == [
                [], ["NOTFOUND=return", "!UNAVAIL=continue"], ["!UNAVAIL=return"], ["A=b", "C=d"],
            ]
        )
    }

    /// glibc takes a name onto its stack to look for the library.
    @Test func `a service that no library can be is unavailable`() {
        func names(_ line: String) -> [String] { NameServiceSwitch(Array("hosts: \(line)\n".utf8)).hosts.map(\.name) }
        let (longest, longer) = (String(repeating: "s", count: 243), String(repeating: "s", count: 244))
        #expect(names("files \(longest) dns") == ["files", longest, "dns"])
        #expect(names("files \(longer) dns") == ["files", "dns"])
        #expect(names("files \(longer) [NOTFOUND=return] dns") == ["files", "dns"])
        #expect(names("files \(longer) [unavail=Return] dns") == ["files"])
        #expect(names("files \(longer) [!SUCCESS=return] dns") == ["files"])
        #expect(names("files \(longer) [!UNAVAIL=return] dns") == ["files", "dns"])
        #expect(names("files \(longer) [!SUCCESS=return UNAVAIL=continue] dns") == ["files", "dns"])
        #expect(names(longer) == [])
        #expect(NameServiceSwitch(Array("hosts: \(longer)\n".utf8)).asksNobody)
    }

    @Test func `the standard is files, then dns`() {
        #expect(NameServiceSwitch.standard.hosts.map(\.name) == ["files", "dns"])
        #expect(NameServiceSwitch.standard.isHostsFileFirst)
        #expect(NameServiceSwitch([]) == .standard)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `any bytes are read to the end`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("hosts: files dns[]!=#\n\t\0".utf8) + [0xFF, 0xC3]
        for _ in 0..<50 {
            let bytes = (0..<Int.random(in: 0..<100, using: &generator)).map { _ in alphabet.pick(&generator) }
            #expect(
                !NameServiceSwitch(bytes + Array("\nhosts: last files\n".utf8)).isHostsFileFirst,
                "seed \(seed): \(bytes)"
            )
        }
    }
}
