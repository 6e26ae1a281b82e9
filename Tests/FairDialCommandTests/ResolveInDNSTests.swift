// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit
import Foundation
import IPAddresses
import Testing

/// `resolve` and `connect` with our own DNS resolver, against a server of the test's.
@Suite struct `Names looked up in DNS` {
    private static func server() async throws -> DNSServer {
        try await DNSServer.start { query in
            switch query.name {
            case "db.test": .init(.addresses([.v4(IPv4Address(bits: 0x7F00_0001)), .v6(.loopback, zone: nil)]))
            case "broken.test": .init(.serverFailure)
            case "silent.test": .init(query.family == .ipv6 ? .silence : .addresses([.v4(.loopback)]))
            default: .init(.nameNotFound)
            }
        }
    }

    private func codes(_ object: [String: Any]) -> String? { (object["error"] as? [String: Any])?["code"] as? String }

    @Test func `the answer says who gave it, and a trace shows every packet`() async throws {
        let server = try await Self.server()
        let address = "127.0.0.1:\(server.port)"
        let run = try Tool.run("resolve", "db.test", "80", "--server", address, "--json", "--trace")
        #expect(run.status == 0)
        let object = try run.object
        #expect(object["source"] as? String == "dns")
        let results = try #require(object["results"] as? [[String: Any]])
        #expect(Set(results.compactMap { $0["address"] as? String }) == ["127.0.0.1", "::1"])
        #expect(results.allSatisfy { $0["port"] as? Int == 80 })
        for part in [
            "→ \(address)  db.test A  id ", "→ \(address)  db.test AAAA  id ",
            "← \(address)  db.test A  NOERROR, 1 answers",
        ] {
            #expect(run.complaints.contains(part), "\(run.complaints)")
        }
        let plain = try Tool.run("resolve", "db.test", "--server", address)
        #expect(plain.output.contains("by dns (\(address))"))
        await server.stop()
    }

    @Test func `what fails names the server and the reason`() async throws {
        let server = try await Self.server()
        let address = "127.0.0.1:\(server.port)"
        let missing = try Tool.run("resolve", "nowhere.test", "--server", address, "--json")
        #expect(missing.status == 1)
        #expect(try codes(missing.object) == "nameNotFound")
        let broken = try Tool.run("resolve", "broken.test", "-4", "--server", address, "--json")
        #expect(broken.status == 1)
        #expect(try codes(broken.object) == "temporaryNameFailure")
        #expect(broken.output.contains("broken.test A: \(address): SERVFAIL"))
        let silent = try Tool.run("resolve", "silent.test", "--server", address, "--json", "--lookup-timeout", "0.3")
        #expect(silent.status == 0)
        #expect(try silent.object["incomplete"] as? [String] == ["AAAA"])
        await server.stop()
    }

    @Test func `records of other types, and who would look a name up`() async throws {
        let server = try await Self.server()
        let address = "127.0.0.1:\(server.port)"
        let found = try Tool.run("resolve", "db.test", "--type", "a", "--server", address, "--json")
        #expect(found.status == 0)
        let object = try found.object
        #expect(object["type"] as? String == "A")
        #expect((object["records"] as? [[String: Any]])?.first?["data"] as? String == "127.0.0.1")
        let missing = try Tool.run("resolve", "db.test", "--type", "MX", "--server", address, "--json")
        #expect(missing.status == 1)
        #expect(try codes(missing.object) == "nameNotFound")
        let explained = try Tool.run("resolve", "printer.local", "--explain", "--lookup-timeout", "0.1")
        #expect(explained.complaints.contains("printer.local: looked up by system, because "))
        await server.stop()
    }

    @Test(arguments: [
        ("127.1", "answered as numeric, because it is the address 127.0.0.1"),
        ("localhost", "answered by hosts, because "),
        ("db.test", "answered by override, because the command line says so"),
        ("1.2.3.4%lo", "not looked up, because an IPv4 address cannot have a zone"),
        ("http://db.test", "not looked up, because a URL is not a host: dial its host, db.test"),
        ("", "not looked up, because the host is empty"),
    ])
    func `who answers without a lookup is told, whichever resolver is chosen`(host: String, words: String) throws {
        for options in [[], ["--resolver", "system"], ["--server", "127.0.0.1:9"]] {
            let run = try Tool.run(
                Tool.path,
                ["resolve", host, "--explain", "--override", "db.test=192.0.2.1"] + options
            )
            #expect(run.complaints.hasPrefix("\(host): \(words)"), "\(run.complaints)")
        }
        let records = try Tool.run(
            "resolve",
            "localhost",
            "--type",
            "TXT",
            "--explain",
            "--server",
            "127.0.0.1:9",
            "--lookup-timeout",
            "0.1"
        )
        #expect(records.complaints.hasPrefix("localhost: looked up by dns, because the command line says so"))
    }

    @Test(arguments: [[], ["--tcp"], ["--keep-case", "--trace"], ["--resolver", "dns"], ["--type", "A"]])
    func `a name that is not in DNS is told to no server`(options: [String]) async throws {
        let server = try await DNSServer.start { _ in .init(.addresses([.v4(.loopback)])) }
        for name in ["secret.onion", "db.invalid"] {
            let run = try Tool.run(
                Tool.path,
                ["resolve", name, "--server", "127.0.0.1:\(server.port)", "--explain", "--json"] + options
            )
            #expect(run.status == 1)
            #expect(try codes(run.object) == "nameNotFound")
            #expect(run.complaints.hasPrefix("\(name): not looked up, because ."), "\(run.complaints)")
        }
        #expect(server.queryCount == 0)
        await server.stop()
    }

    @Test(arguments: [("::1", "numeric"), ("localhost", "hosts"), ("db.test", "override")])
    func `a trace says where no packet was sent`(host: String, source: String) throws {
        let run = try Tool.run("resolve", host, "--trace", "--override", "db.test=192.0.2.1")
        #expect(run.status == 0)
        #expect(run.complaints == "\(host): no packet was sent: answered by \(source)\n")
    }

    @Test func `a dial to a name in DNS shows the server in its waterfall`() async throws {
        let server = try await Self.server()
        let peer = try await PlainServer.start()
        let run = try Tool.run("connect", "db.test", peer.port, "--server", "127.0.0.1:\(server.port)", "-4")
        #expect(run.status == 0)
        let json = try Tool.run(
            "connect",
            "db.test",
            peer.port,
            "--server",
            "127.0.0.1:\(server.port)",
            "-4",
            "--json"
        )
        #expect(try json.object["source"] as? String == "dns")
        try await peer.stop()
        await server.stop()
    }
}
