// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FairDial

@Suite struct `Target: the caller's words, read once` {
    @Test(
        arguments: [
            ("db.example.org:27017", "db.example.org", 27017),
            ("127.0.0.1:80", "127.0.0.1", 80),
            ("127.1:80", "127.1", 80),
            ("[::1]:80", "::1", 80),
            ("[fe80::1%eth0]:6379", "fe80::1%eth0", 6379),
            ("[db.example.org]:1", "db.example.org", 1),
            ("localhost:65535", "localhost", 65535),
            ("localhost:00080", "localhost", 80),
        ] as [(String, String, UInt16)]
    )
    func `host and port are parted at the right colon`(text: String, host: String, port: UInt16) throws {
        let target = try Target(text)
        #expect(target.host == host)
        #expect(target.port == port)
    }

    @Test(arguments: ["db.example.org", "::1", "fe80::1%eth0", "[::1]", "127.0.0.1", "2001:db8::1:80"])
    func `a text without a port takes the default, and an IPv6 address without brackets has none`(text: String) throws {
        let target = try Target(text, defaultPort: 443)
        #expect(target.port == 443)
        #expect(target.host == text.filter { $0 != "[" && $0 != "]" })
        #expect(throws: DialError.self) { try Target(text) }
    }

    @Test(arguments: ["/run/db.sock", "unix:/run/db.sock"])
    func `a path is a Unix domain socket`(text: String) throws {
        let target = try Target(text)
        #expect(target == (try Target(unixDomainSocketPath: "/run/db.sock")))
        #expect(target.host == nil)
        #expect(target.port == nil)
        #expect("\(target)" == "/run/db.sock")
    }

    @Test(arguments: [
        "/run/db.sock", "unix:/run/db.sock", "unix:///run/db.sock", "/", "/run/db.sock:80", "./db.sock:80",
        "[/run/db.sock]:80",
        "http://db.test:80", "db.test:80/", "unix:/", "//db.test:80",
    ])
    func `a stranger's text is never a path`(text: String) throws {
        for defaultPort in [nil, 80] {
            let error = try #require(throws: DialError.self) { try Target(hostAndPort: text, defaultPort: defaultPort) }
            #expect(error.code == .invalidTarget)
            #expect(error.message == "the text has a slash: a path or a URL is no host with a port")
        }
    }

    @Test func `a stranger's text is a host with a port, as any other`() throws {
        for text in ["db.example.org:27017", "127.1:80", "[::1]:80", "[fe80::1%eth0]:6379", "unix:80"] {
            let target = try Target(hostAndPort: text)
            #expect(target.host != nil)
            #expect("\(target)" == text)
        }
        #expect(try Target(hostAndPort: "unix", defaultPort: 80).host == "unix")
        #expect(try Target("unix:80").host == nil)
        for text in ["unix:db.sock", "unix:", "", ":80", "[::1", "db.test:http", "db.test:0"] {
            #expect(throws: DialError.self) { try Target(hostAndPort: text) }
        }
    }

    @Test(arguments: [
        ("", "the text is empty: write a host and a port, as in db.test:5432"),
        ("db.test", "the port is missing: write db.test:PORT, or give a default port"),
        ("[::1]", "the port is missing: write [::1]:PORT, or give a default port"),
        ("::1", "the port is missing: write [::1]:PORT, or give a default port"),
        ("https://example.com/", "a URL is not a host: dial its host, example.com"),
        ("https://me:x@example.com:8443/", "a URL is not a host: dial its host, example.com, port 8443"),
        ("http://[::1]:80#a", "a URL is not a host: dial its host, ::1, port 80"),
        ("file:///etc/hosts", "a URL is not a host: dial the host that it names"),
        (":80", "the host is empty"),
        ("[]:80", "the host is empty"),
        ("host:", "the port \"\" is not a number within 1 … 65535"),
        ("host:http", "the port \"http\" is not a number within 1 … 65535"),
        ("host:-1", "the port \"-1\" is not a number within 1 … 65535"),
        ("host:+1", "the port \"+1\" is not a number within 1 … 65535"),
        ("host: 1", "the port \" 1\" is not a number within 1 … 65535"),
        ("host:٨٠", "the port \"٨٠\" is not a number within 1 … 65535"),
        ("host:0", "port 0 is not within 1 … 65535"),
        ("host:65536", "port 65536 is not within 1 … 65535"),
        ("host:99999999999999999999", "the port \"99999999999999999999\" is not a number within 1 … 65535"),
        ("[::1", "the bracket is not closed"),
        ("[::1]80", "after the bracket comes no port"),
        ("[[::1]]:80", "after the bracket comes no port"),
        ("unix:", "the path of the Unix domain socket is empty"),
        ("/a\u{0}b", "the path of the Unix domain socket has a NUL"),
        ("a\u{0}b:80", "the host has a NUL at byte 1"),
    ])
    func `what cannot be read is refused, and the message names the part`(text: String, message: String) throws {
        let error = try #require(throws: DialError.self) { try Target(text) }
        #expect(error.code == .invalidTarget)
        #expect(error.message == message)
        #expect(!error.isRetryable)
        #expect(error.fault == .caller)
    }

    @Test(arguments: [Int.min, -1, 0, 65536, Int.max])
    func `a port outside 1 … 65535 is refused`(port: Int) throws {
        let error = try #require(throws: DialError.self) { try Target(host: "localhost", port: port) }
        #expect(error.code == .invalidTarget)
        #expect(error.message == "port \(port) is not within 1 … 65535")
        #expect(error.target == "localhost:\(port)")
    }

    @Test func `a host of 64 KB is refused with a message that stays short`() throws {
        let host = String(repeating: "a", count: 65536)
        let error = try #require(throws: DialError.self) { try Target(host: host, port: 80) }
        #expect(error.code == .invalidTarget)
        #expect(error.message == "the host has 65536 bytes, and a name has 254 at most")
        #expect("\(error)".utf8.count < 400)
    }

    @Test func `control characters of a host do not reach a log line`() throws {
        let error = try #require(throws: DialError.self) { try Target(host: "a\nb\u{1B}[31m\u{0}", port: 80) }
        #expect(error.target == "a\\nb\\u{1B}[31m\\0:80")
    }

    @Test func `a host in brackets is refused where no brackets belong`() throws {
        let error = try #require(throws: DialError.self) { try Target(host: "[::1]", port: 80) }
        #expect(error.message == "the host has brackets: leave them out, ::1")
    }

    @Test(arguments: [
        ("https://example.com/", "a URL is not a host: dial its host, example.com"),
        ("a://b", "a URL is not a host: dial its host, b"),
        ("127.0.0.1:8123", "the host has a port in it: dial 127.0.0.1, port 8123"),
        ("db:5432", "the host has a port in it: dial db, port 5432"),
    ])
    func `a URL, or a host with its port, is no host, and nobody is asked`(host: String, message: String) async throws {
        let error = await failure { try await Dialer.shared.connect(to: host, port: 80) }
        #expect(error?.code == .invalidTarget)
        #expect(error?.message == message)
        let resolved = await failure { try await Dialer.shared.resolve(host, port: 80) }
        #expect(resolved?.message == message)
    }

    @Test(arguments: ["sla/sh", "sp@ce", "a:b", "a:b:80", "db:http", "db:0", "db:65536", ":80"])
    func `what a hosts file may have for a name is left to it`(host: String) {
        #expect(Target.misreading(of: host) == nil)
    }

    @Test func `no endpoints are no address to dial, and the message says so`() async throws {
        let target = try Target.endpoints([])
        let error = await failure { try await Dialer.shared.connect(to: target) }
        #expect(error?.code == .noUsableAddress)
        #expect(error?.message == "the list of endpoints is empty: give one at least")
    }

    @Test func `the longest path that fits is taken, and one byte more is not`() throws {
        let longest = "/" + String(repeating: "p", count: 106)
        #expect("\(try Target(longest))" == longest)
        let error = try #require(throws: DialError.self) { try Target(longest + "p") }
        #expect(error.message == "the path of the Unix domain socket has 108 bytes, and 107 fit")
    }

    @Test(arguments: ["db.example.org:27017", "[::1]:80", "[fe80::1%eth0]:6379", "127.0.0.1:80", "/run/db.sock"])
    func `a description is read back as the same target`(text: String) throws {
        let target = try Target(text)
        #expect("\(target)" == text)
        #expect(try Target("\(target)") == target)
    }

    @Test(arguments: [
        ("https://user:secret@h.test/:5", "https://…@h.test/:5"), ("ftp://a:p/w@x@h:1", "ftp://…@h:1"),
        ("/run/a@b.sock", "/run/a@b.sock"), ("db.test:80", "db.test:80"), ("", ""), ("@", "@"),
        ("app:secret@db.test:5432", "…@db.test:5432"), ("app:se/cret@db.test:5432", "…@db.test:5432"),
        ("[app:secret@db.test]:5432", "[…@db.test]:5432"),
        ("a@db.test:80", "a@db.test:80"), ("unix:/run/a@b.sock", "unix:/run/a@b.sock"), ("/a:b@c", "/a:b@c"),
    ])
    func `a password in a URL that was given for a host stays out of errors`(text: String, shown: String) {
        #expect(DialError(.invalidTarget, "no", target: text).target == shown)
    }
}
