// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite struct `What cannot be done is said` {
    @Test(arguments: [
        (["connect", "127.0.0.1", "0"], "The value '0' is invalid for '<port>'"),
        (["connect", "127.0.0.1", "-1"], "-1 is neither an option nor a port: a port is 1 … 65535"),
        (["connect", "127.0.0.1", "65536"], "The value '65536' is invalid for '<port>'"),
        (["connect", "127.0.0.1", "http"], "The value 'http' is invalid for '<port>'"),
        (["connect", "127.0.0.1"], "Missing expected argument '<port>'"),
        (["connect", "127.0.0.1", "80", "-4", "-6"], "-4 and -6 exclude each other"),
        (["connect", "127.0.0.1", "80", "--attempt-delay", "5"], "--attempt-delay must be within 0.01 … 2 seconds"),
        (
            ["connect", "127.0.0.1", "80", "--deadline", "soon"],
            "The value 'soon' is invalid for '--deadline <seconds>'"
        ),
        (["connect", "127.0.0.1", "80", "--count", "0"], "--count must be within 1 … 1000000"),
        (
            ["connect", "127.0.0.1", "80", "--override", "db"],
            "The value 'db' is invalid for '--override <host=address>'"
        ),
        (["connect", "db", "80", "--resolver", "files"], "The value 'files' is invalid for '--resolver <resolver>'"),
        (
            ["connect", "db", "80", "--server", "dns.test"],
            "The value 'dns.test' is invalid for '--server <address[:port]>'"
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
            "The value '10.0.0.1/8' is invalid for '--deny <network>'"
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
        (["resolve", "db", "--type", "NOTHING"], "The value 'NOTHING' is invalid for '--type <type>'"),
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
            "The value '64:ff9b::/95' is invalid for '--nat64 <prefix>'"
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
        (["fly"], "Unexpected argument 'fly'"),
    ])
    func `a wrong command line is status 2, with the reason, and nothing on standard output`(
        arguments: [String],
        reason: String
    ) throws {
        let run = try Tool.run(Tool.path, arguments + (["rally", "fly"].contains(arguments[0]) ? [] : ["--json"]))
        #expect(run.status == 2)
        #expect(run.output == "")
        #expect(run.complaints.contains(reason), "\(run.complaints)")
    }

    @Test(arguments: [
        ("", "the host is empty"),
        ("[::1", "the host has a bracket"),
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

    @Test(arguments: ["connect", "resolve", "rally"])
    func `help names the exit statuses`(command: String) throws {
        let run = try Tool.run("help", command)
        #expect(run.status == 0)
        #expect(run.output.contains("Exit status: 0"))
    }
}
