// SPDX-License-Identifier: Apache-2.0

import ConnectionStrings
import Testing

@Suite struct `Records of a mongodb+srv name` {
    /// Repeats itself; a constant would keep the standard library drawing for ever.
    private struct Repeating: RandomNumberGenerator {
        private var state: UInt64 = 1

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state
        }
    }

    private func resolve(
        _ text: String,
        _ targets: [(name: String, port: UInt16)],
        _ texts: [[String]] = []
    ) throws -> ConnectionString {
        var random = Repeating()
        return try ConnectionString(text).resolved(targets: targets, texts: texts, random: &random)
    }

    @Test func `give the hosts, and TLS unless the text says otherwise`() throws {
        let string = try ConnectionString("mongodb+srv://user:pass@cluster.example.com/db")
        #expect(string.hosts.isEmpty)
        #expect(string.srvQuestion == "_mongodb._tcp.cluster.example.com")
        #expect(try ConnectionString("mongodb+srv://a.b.c/?srvServiceName=x").srvQuestion == "_x._tcp.a.b.c")
        let targets: [(name: String, port: UInt16)] = [
            ("A.example.com.", 27_017), ("b.example.com", 1), ("b.example.com", 1),
        ]
        let resolved = try resolve("mongodb+srv://user:pass@cluster.example.com/db", targets)
        #expect(resolved.hosts == [.name("A.example.com", port: 27_017), .name("b.example.com", port: 1)])
        #expect(resolved.options.tls == true)
        #expect(try resolve("mongodb+srv://cluster.example.com/?ssl=false", targets).options.tls == false)
    }

    @Test(arguments: [
        ("db.example.com", "cluster.example.com", true), ("DB.Example.COM.", "cluster.example.com", true),
        ("a.b.example.com", "cluster.example.com", true), ("db.example.org", "cluster.example.com", false),
        ("example.com", "cluster.example.com", false), ("badexample.com", "cluster.example.com", false),
        ("db.example.com.evil.org", "cluster.example.com", false), (".example.com", "cluster.example.com", false),
        ("db.example.com", "example.com", true), ("example.com", "example.com", false),
        ("a.localhost", "localhost", true), ("localhost", "localhost", false), ("a.b", "localhost", false),
    ])
    func `are believed under the parent domain only`(target: String, name: String, isGood: Bool) {
        #expect(ConnectionString.isTarget(target, under: name) == isGood)
    }

    @Test func `bring options in TXT, which the text overrides`() throws {
        let targets: [(name: String, port: UInt16)] = [("a.example.com", 1)]
        let text = "mongodb+srv://u:p@c.example.com/?replicaSet=own"
        let resolved = try resolve(text, targets, [["authSource=th", "is&replicaSet=other"]])
        #expect(resolved.options.authSource == "this")
        #expect(resolved.options.replicaSet == "own")
        #expect(try resolved.credential()?.source == "this")
        let bad: [[[String]]] = [
            [["authSource=a"], ["replicaSet=b"]], [["tls=false"]], [["authSource="]], [["x=y"]],
            [["loadBalanced=maybe"]],
            [["authSource"]], [["loadBalanced=true"]],
        ]
        for texts in bad {
            #expect(throws: ConnectionStringError.self, "\(texts)") { try resolve(text, targets, texts) }
        }
    }

    @Test func `are refused when there are none, or strange ones`() {
        #expect(throws: ConnectionStringError.self) { try resolve("mongodb+srv://c.example.com", []) }
        #expect(throws: ConnectionStringError.self) {
            try resolve("mongodb+srv://c.example.com", [("a.example.com", 1), ("a.example.org", 1)])
        }
        let many = (0..<1_001).map { (name: "a\($0).example.com", port: UInt16(1)) }
        #expect(throws: ConnectionStringError.self) { try resolve("mongodb+srv://c.example.com", many) }
    }

    @Test func `may be more than srvMaxHosts wants`() throws {
        let targets = (0..<9).map { (name: "a\($0).example.com", port: UInt16(1)) }
        #expect(try resolve("mongodb+srv://c.example.com/?srvMaxHosts=3", targets).hosts.count == 3)
        #expect(try resolve("mongodb+srv://c.example.com/?srvMaxHosts=0", targets).hosts.count == 9)
        #expect(try resolve("mongodb+srv://c.example.com/?srvMaxHosts=20", targets).hosts.count == 9)
        #expect(try resolve("mongodb://c.example.com", targets).hosts == [.name("c.example.com", port: nil)])
    }
}
