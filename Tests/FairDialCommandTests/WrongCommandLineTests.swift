// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestHelpers
import Testing

@testable import FairDialCommand

@Suite struct `What cannot be done is said` {
    @Test(arguments: [
        (["connect", "127.0.0.1", "0"], "The value '0' is invalid for '<port>'"),
        (
            ["connect", "127.0.0.1", "-1"],
            "-1 is neither an option nor a value: a port is 1 … 65535, a time is above 0"
        ),
        (["connect", "db", "80", "--deadline", "-0.5"], "-0.5 is neither an option nor a value"),
        (["connect", "127.0.0.1", "65536"], "The value '65536' is invalid for '<port>'"),
        (["connect", "127.0.0.1", "http"], "The value 'http' is invalid for '<port>'"),
        (
            ["connect", "127.0.0.1"],
            "Missing expected argument '<port>': write it behind the host, as in fairdial connect db.test 5432"
        ),
        (
            ["connect", "localhost:8123"],
            "Missing expected argument '<port>': the host has a port in it: dial localhost, port 8123"
        ),
        (["connect", "https://db.test:8443/a"], "a URL is not a host: dial its host, db.test, port 8443"),
        (
            ["connect", "a.test", "b.test", "80"],
            "invalid for '<port>': a port is a number within 1 … 65535, and one host stands before it"
        ),
        (
            ["connect", "db", "80", "--connect-timeout", "2s"],
            "'--connect-timeout <seconds>': write seconds without a unit: 2"
        ),
        (["connect", "db", "80", "--deadline", "500ms"], "'--deadline <seconds>': write seconds without a unit: 0.5"),
        (["resolve", "127.0.0.1", "99999"], "port 99999 is not within 0 … 65535"),
        (["resolve", "127.0.0.1", " +0065536"], "port  +0065536 is not within 0 … 65535"),
        (["resolve", "db", "--type", "A", "-4"], "-4 cannot be used with --type: records are asked for in DNS"),
        (["resolve", "db", "--type", "A", "-6"], "-6 cannot be used with --type"),
        (["resolve", "db", "--type", "A", "--override", "db=::1"], "--override cannot be used with --type"),
        (["resolve", "db", "--type", "A", "--attempt-delay", "0.1"], "--attempt-delay cannot be used with --type"),
        (["resolve", "db", "--type", "A", "--queue-timeout", "1"], "--queue-timeout cannot be used with --type"),
        (["resolve", "db", "--type", "A", "--connect-timeout", "1"], "--connect-timeout cannot be used with --type"),
        (["resolve", "db", "--type", "A", "--resolver", "system"], "--type requires --resolver dns"),
        (["resolve", "db", "--trace", "--resolver", "system"], "--trace requires --resolver dns"),
        (
            ["resolve", "db", "--tls", "--tls-authorities", "/dev/zero"],
            "/dev/zero cannot be used: it is not a regular file"
        ),
        (["connect", "127.0.0.1", "80", "-4", "-6"], "-4 and -6 exclude each other"),
        (["connect", "127.0.0.1", "80", "--attempt-delay", "5"], "--attempt-delay must be within 0.01 … 2 seconds"),
        (
            ["connect", "127.0.0.1", "80", "--deadline", "soon"],
            "'soon' is invalid for '--deadline <seconds>': write a number of seconds above 0, up to 1000000"
        ),
        (["connect", "127.0.0.1", "80", "--count", "0"], "--count must be within 1 … 1000000"),
        (
            ["connect", "127.0.0.1", "80", "--override", "db"],
            "The value 'db' is invalid for '--override <host=address>': write a host, = and an address"
        ),
        (["connect", "db", "80", "--resolver", "files"], "The value 'files' is invalid for '--resolver <resolver>'"),
        (
            ["connect", "db", "80", "--server", "dns.test"],
            "'dns.test' is invalid for '--server <address[:port]>': write an address, with a port or without"
        ),
        (
            ["connect", "db", "80", "--server", "[::1]:0"],
            "The value '[::1]:0' is invalid for '--server <address[:port]>'"
        ),
        (
            ["connect", "db", "80", "--resolver", "system", "--server", "127.0.0.1"],
            "--server requires --resolver dns"
        ),
        (["connect", "127.0.0.1", "80", "--while-resolving", "/nonexistent"], "cannot read /nonexistent"),
        (
            ["connect", "127.0.0.1", "80", "--deny", "10.0.0.1/8"],
            "bits behind the prefix are set: write 10.0.0.0/8, or 10.0.0.1 for that address alone"
        ),
        (["connect", "db", "80", "--resolver", "system", "--keep-case"], "--keep-case requires --resolver dns"),
        (["resolve", "--batch", "--keep-case"], "--keep-case cannot be used with --batch"),
        (
            ["resolve", "db", "--type", "A", "--allow", "10.0.0.0/8"],
            "--type cannot be used with --public-only, --deny or --allow"
        ),
        (["resolve", "db", "--tcp", "--tls"], "--tcp and --tls exclude each other"),
        (["resolve", "db", "--tls-name", "dns.test"], "--tls-name requires --tls"),
        (
            ["resolve", "db", "--tls", "--tls-authorities", "/nonexistent"],
            "--tls-authorities: /nonexistent cannot be used"
        ),
        (["resolve", "db", "--type", "NOTHING"], "'NOTHING' is invalid for '--type <type>': write a type's name"),
        (["resolve", "db", "80", "--type", "SRV"], "--type looks up records: leave SERVICE out"),
        (["resolve", "--batch", "--type", "SRV"], "--type cannot be used with --batch"),
        (["resolve", "--batch", "--resolver", "dns"], "--resolver cannot be used with --batch"),
        (["resolve", "--batch", "--server", "127.0.0.1"], "--server cannot be used with --batch"),
        (["resolve", "--batch", "--tcp"], "--tcp cannot be used with --batch"),
        (["resolve", "--batch", "--override", "db=127.0.0.1"], "--override cannot be used with --batch"),
        (["resolve", "--batch", "--public-only"], "--public-only cannot be used with --batch"),
        (["resolve", "--batch", "--deny", "10.0.0.0/8"], "--deny cannot be used with --batch"),
        (["resolve", "--batch", "--allow", "10.0.0.0/8"], "--allow cannot be used with --batch"),
        (
            ["connect", "127.0.0.1", "80", "--nat64", "64:ff9b::/96"],
            "--nat64 requires --public-only, --deny or --allow"
        ),
        (
            ["connect", "127.0.0.1", "80", "--public-only", "--nat64", "64:ff9b::/95"],
            "'64:ff9b::/95' is invalid for '--nat64 <prefix>': write an IPv6 prefix of 32, 40, 48, 56, 64 or 96"
        ),
        (["resolve", "--batch", "--deny", "10.0.0.0/8", "--nat64", "64:ff9b::/96"], "cannot be used with --batch"),
        (["resolve", "--batch", "-4"], "-4 cannot be used with --batch"),
        (["resolve", "--batch", "-6"], "-6 cannot be used with --batch"),
        (["resolve", "--batch", "--queue-timeout", "1"], "--queue-timeout cannot be used with --batch"),
        (["resolve", "--batch", "--lookup-timeout", "1"], "--lookup-timeout cannot be used with --batch"),
        (["resolve", "--batch", "--connect-timeout", "1"], "--connect-timeout cannot be used with --batch"),
        (["resolve", "--batch", "--deadline", "1"], "--deadline cannot be used with --batch"),
        (["resolve", "--batch", "--attempt-delay", "0.1"], "--attempt-delay cannot be used with --batch"),
        (["explain"], "Missing expected argument '<host>'"),
        (["resolve"], "HOST is missing"),
        (["resolve", "--batch", "localhost"], "--batch reads its questions from standard input"),
        (["resolve", "localhost", "--numeric-only"], "--numeric-only requires --batch"),
        (["rally", "--chart", "/nonexistent/rally.svg"], "--chart: cannot write /nonexistent/rally.svg"),
        (["rally", "--chart", "/dev/zero"], "--chart: cannot write /dev/zero: it is not a regular file"),
        (["fly"], "'fly' is not a command: the commands are connect, resolve, explain, rally, simulate"),
        (["conect", "db", "80"], "'conect' is not a command: did you mean 'connect'?"),
        (["reslove", "db"], "'reslove' is not a command: did you mean 'resolve'?"),
    ])
    func `a wrong command line is status 2, with the reason, and nothing on standard output`(
        arguments: [String],
        reason: String
    ) throws {
        let run = try Tool.run(Tool.path, arguments + ["--json"])
        #expect(run.status == 2)
        #expect(run.output == "")
        #expect(run.complaints.contains(reason), "\(run.complaints)")
    }

    @Test(arguments: [
        ("", "the host is empty"),
        ("[::1", "the host begins with a bracket: leave it out"),
        ("[::1]", "the host has brackets: leave them out, ::1"),
        ("[::1]:80", "the host has brackets and a port: dial ::1, port 80"),
        ("https://example.com/", "a URL is not a host: dial its host, example.com"),
        ("ws://me@example.com:8080?q", "a URL is not a host: dial its host, example.com, port 8080"),
        ("127.0.0.1:8123", "the host has a port in it: dial 127.0.0.1, port 8123"),
        ("db:5432", "the host has a port in it: dial db, port 5432"),
        ("1.2.3.4%lo", "an IPv4 address cannot have a zone"),
        ("fe80::1%no-such", "no interface \"no-such\" on this machine"),
        (String(repeating: "a", count: 65_536), "the host has 65536 bytes, and a name has 254 at most"),
    ])
    func `a host that cannot be read is invalidTarget, with status 1 and an object`(host: String, message: String)
        throws
    {
        for run in [try Tool.run("connect", host, "80", "--json"), try Tool.run("resolve", host, "--json")] {
            #expect(run.status == 1)
            let error = try #require(try run.object["error"] as? [String: Any])
            #expect(error["code"] as? String == "invalidTarget")
            #expect(error["message"] as? String == message)
        }
    }

    @Test func `behind two dashes a number is judged by what it is for`() throws {
        let run = try Tool.run("connect", "--json", "--", "127.0.0.1", "-1")
        #expect(run.status == 2)
        #expect(run.complaints.contains("The value '-1' is invalid for '<port>'"), "\(run.complaints)")
    }

    @Test func `a file that cannot be read is told in one line, without the tool's usage`() throws {
        let run = try Tool.run("connect", "127.0.0.1", "80", "--while-resolving", "/nonexistent")
        #expect(run.status == 2)
        #expect(run.complaints.hasPrefix("Error: --while-resolving: cannot read /nonexistent: "))
        #expect(run.complaints.split(separator: "\n").count == 1, "\(run.complaints)")
    }

    @Test(arguments: ["resolve", "explain"])
    func `what only a dial heeds is not shown where nothing is dialed, and taken all the same`(command: String) throws {
        for option in ["--connect-timeout", "--attempt-delay"] {
            #expect(try Tool.run("help", "connect").output.contains(option))
            #expect(try !Tool.run("help", command).output.contains(option))
            #expect(try Tool.run(command, "127.0.0.1", option, "1").status == 0)
        }
        let wrong = try Tool.run(command, "127.0.0.1", "--attempt-delay", "5")
        #expect(wrong.status == 2)
        #expect(wrong.complaints.contains("--attempt-delay must be within 0.01 … 2 seconds"))
    }

    @Test func `a target that cannot be dialed has one line, and no waterfall`() throws {
        let run = try Tool.run("connect", "https://example.com/", "443")
        #expect(run.status == 1)
        #expect(
            run.output
                == "https://example.com/ 443  invalidTarget  a URL is not a host: dial its host, example.com\n"
        )
    }

    @Test func `a FIFO is refused where a file is read whole, and not waited for`() throws {
        let folder = try TemporaryFolder()
        let fifo = folder.path("fifo")
        #expect(mkfifo(fifo, 0o600) == 0)
        for arguments in [["resolve", "::1", "--tls", "--tls-authorities", fifo], ["rally", "--chart", fifo]] {
            let run = try Tool.run(Tool.path, arguments)
            #expect(run.status == 2)
            #expect(run.complaints.contains("it is not a regular file"), "\(run.complaints)")
        }
    }

    @Test func `a thousand options are read in seconds, and too many refused`() throws {
        let overrides = (0..<950).flatMap { _ in ["--override", "a.test=192.0.2.1"] }
        let read = try Tool.run(Tool.path, ["resolve", "a.test"] + overrides + ["--json"])
        #expect(read.status == 0)
        let refused = try Tool.run(Tool.path, ["resolve", "a.test"] + overrides + overrides)
        #expect(refused.status == 2)
        #expect(refused.complaints == "Error: 3802 arguments are too many: give 2000 at most\n")
    }

    @Test func `the version is printed on standard output`() throws {
        let run = try Tool.run("--version")
        #expect(run.status == 0)
        #expect(run.output == "\(FairDialTool.version)\n")
    }

    @Test(arguments: ["connect", "resolve", "explain", "rally", "simulate"])
    func `help breaks lines where they are full, and nowhere in a sentence`(command: String) throws {
        let lines = try Tool.run("help", command).output.split(separator: "\n", omittingEmptySubsequences: false)
        for (line, next) in zip(lines, lines.dropFirst()) {
            guard let word = next.split(separator: " ").first, next.first?.isLowercase == true else { continue }
            // The next line's first word would not have fitted.
            #expect(line.count + 1 + word.count > 80, "\(line)")
        }
    }

    @Test(arguments: ["connect", "resolve", "rally", "simulate"])
    func `help names the exit statuses`(command: String) throws {
        let run = try Tool.run("help", command)
        #expect(run.status == 0)
        #expect(run.output.contains("Exit status: 0"))
    }
}
