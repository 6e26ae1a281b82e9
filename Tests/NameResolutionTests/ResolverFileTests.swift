// SPDX-License-Identifier: Apache-2.0

import IPAddresses
import NameResolution
import Testing

/// resolv.conf(5), and what glibc makes of the odd line.
@Suite struct `resolv.conf` {
    private func read(_ text: String, environment: [String: String] = [:], hostname: String = "")
        -> ResolverFile
    {
        ResolverFile(Array(text.utf8), environment: environment, hostname: hostname)
    }

    @Test func `an empty file is the loopback's server and nothing else`() {
        let configuration = read("")
        #expect(configuration == .standard)
        #expect(configuration.servers.map(\.description) == ["127.0.0.1:53"])
        #expect(configuration.search == [])
        #expect(configuration.ndots == 1)
        #expect(configuration.timeout == .seconds(5))
        #expect(configuration.attempts == 2)
        #expect(configuration.unsupported == [])
    }

    @Test func `servers, at most three, with zones and with ports`() {
        let configuration = read(
            "nameserver 10.0.0.1\nnameserver\t2001:db8::1 # no comment\nnameserver fe80::1%eth0\nnameserver 10.0.0.4\n"
        )
        #expect(configuration.servers.map(\.description) == ["10.0.0.1:53", "[2001:db8::1]:53", "[fe80::1%eth0]:53"])
        let ported = read("nameserver 10.0.0.1:5353\nnameserver [::1]:5353\n")
        #expect(ported.servers.map(\.description) == ["10.0.0.1:5353", "[::1]:5353"])
    }

    @Test(arguments: [
        ("search a.example b.example", ["a.example", "b.example"]), ("domain a.example b.example", ["a.example"]),
        ("domain a\nsearch b c", ["b", "c"]), ("search b c\ndomain a", ["a"]), ("search", ["host.domain"]),
        ("search a\nsearch ", ["a"]), ("search a\nsearch \t", ["a"]), ("search a\ndomain ", ["a"]),
        ("search a # b", ["a", "#", "b"]),
        ("; search a", ["host.domain"]), ("# search a", ["host.domain"]), (" search a", ["host.domain"]),
        ("searching a", ["host.domain"]), ("search a\r", ["a"]),
    ])
    func `the last of search and domain counts, else the machine's own domain`(text: String, search: [String]) {
        #expect(read(text, hostname: "name.host.domain").search == search)
    }

    @Test func `options are read, and brought within their bounds`() {
        let configuration = read(
            "options ndots:5 timeout:2 attempts:3 rotate single-request\noptions use-vc trust-ad no-aaaa"
        )
        #expect(configuration.ndots == 5)
        #expect(configuration.timeout == .seconds(2))
        #expect(configuration.attempts == 3)
        #expect(configuration.rotates && configuration.asksOneByOne && configuration.usesStreamsOnly)
        #expect(configuration.trustsAuthenticData && configuration.skipsIPv6)
        #expect(configuration.unsupported == [])
        let large = read("options ndots:99 timeout:99 attempts:99999999999999999999")
        #expect(large.ndots == 15)
        #expect(large.timeout == .seconds(30))
        #expect(large.attempts == 5)
        let nonsense = read("options ndots:x timeout: attempts:0")
        #expect(nonsense.ndots == 0)
        #expect(nonsense.timeout == .seconds(1))
        #expect(nonsense.attempts == 1)
        #expect(read("options edns0 single-request-reopen no-tld-query no-reload").unsupported == [])
    }

    /// Each was asked of glibc 2.36's `res_init` over a file of its own.
    @Test func `an option is known by how it begins, and what is none is passed over, comments too`() {
        let configuration = read("options ndots:2 # rotate\noptions frobnicate no_tld_query ; inet6 use-vc#x")
        #expect(configuration.ndots == 2)
        #expect(configuration.rotates && configuration.skipsTopLevel && configuration.usesStreamsOnly)
        #expect(configuration.unsupported == [])
        for text in ["rotateX", "rotate\r", "\trotate"] { #expect(read("options \(text)").rotates) }
        for text in ["Rotate", "xrotate", "ndots:5rotate"] { #expect(!read("options \(text)").rotates) }
        #expect(!read("options single-request-reopen").asksOneByOne)
        #expect(read("options single-request-reopen").usesPortPerQuery)
        #expect(!read("options single-request").usesPortPerQuery)
        #expect(read("options single-requests").asksOneByOne)
        #expect(read("options ndots:-1").ndots == 15)
        for text in ["ndots: 5", "ndots:\t5", "ndots:+5", "ndots:5rotate"] {
            #expect(read("options \(text)").ndots == 5)
        }
    }

    @Test func `a comment may follow a server`() {
        let configuration = read("nameserver 10.0.0.1#first\nnameserver 10.0.0.2;second\nnameserver # none")
        #expect(configuration.servers.map(\.description) == ["10.0.0.1:53", "10.0.0.2:53"])
        #expect(configuration.unsupported == [])
    }

    @Test func `the environment has the last word`() {
        let environment = ["LOCALDOMAIN": "x.example y.example", "RES_OPTIONS": "ndots:3 rotate"]
        let configuration = read("search a\noptions ndots:2", environment: environment)
        #expect(configuration.search == ["x.example", "y.example"])
        #expect(configuration.ndots == 3)
        #expect(configuration.rotates)
    }

    @Test(arguments: [
        ("nameserver dns.example", "the server \"dns.example\" is not an address"),
        ("sortlist 10.0.0.0/8", "FairDial does not read sortlist"),
    ])
    func `what is not honoured is said`(text: String, reason: String) {
        #expect(read(text).unsupported == [reason])
    }

    @Test func `a domain that stands twice is searched once`() {
        let file = ResolverFile(Array("search one two one\ttwo\r three\n".utf8))
        #expect(file.search == ["one", "two", "three"])
    }
}
