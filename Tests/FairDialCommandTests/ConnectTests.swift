// SPDX-License-Identifier: Apache-2.0

import FairDial
import FairDialConsole
import FairDialTestKit
import Foundation
import Testing

@testable import FairDialCommand

@Suite struct `fairdial connect` {
    @Test func `its JSON has the contract's members, in the contract's order`() async throws {
        let server = try await PlainServer.start()
        let run = try Tool.run("connect", "127.1", server.port, "--json")
        #expect(run.status == 0)
        #expect(run.complaints == "")
        let object = try run.object
        #expect(object["host"] as? String == "127.1")
        #expect(object["port"] as? Int == Int(server.port))
        #expect(object["ok"] as? Bool == true)
        #expect(object["address"] as? String == "127.0.0.1")
        #expect(object["source"] as? String == "numeric")
        #expect(object["queue_s"] as? Double == 0)
        #expect(object["handshake_s"] is NSNull)
        #expect(object["error"] is NSNull)
        let attempts = try #require(object["attempts"] as? [[String: Any]])
        #expect(attempts.map { $0["outcome"] as? String } == ["connected"])
        #expect(attempts.map { $0["address"] as? String } == ["127.0.0.1"])
        let numbers = ["queue_s", "lookup_s", "connect_s", "total_s"].compactMap { object[$0] as? Double }
        #expect(numbers.count == 4)
        #expect(abs(numbers[0] + numbers[1] + numbers[2] - numbers[3]) < 1e-9)
        let order = [
            "host", "port", "ok", "address", "source", "queue_s", "lookup_s", "connect_s", "handshake_s", "total_s",
            "attempts", "error",
        ]
        let places = order.compactMap { run.output.range(of: "\"\($0)\":")?.lowerBound }
        #expect(places.count == order.count)
        #expect(places == places.sorted())
        try await server.stop()
    }

    @Test func `what nobody accepts ends with status 1, every attempt and a code`() async throws {
        let refusing = try #require(RefusingPort())
        let run = try Tool.run("connect", "127.0.0.1", "\(refusing.number)", "--json")
        withExtendedLifetime(refusing) {}
        #expect(run.status == 1)
        let object = try run.object
        #expect(object["ok"] as? Bool == false)
        #expect(object["address"] is NSNull)
        let error = try #require(object["error"] as? [String: Any])
        #expect(error["code"] as? String == "allAttemptsFailed")
        #expect((error["message"] as? String)?.contains("connection refused") == true)
        let attempts = try #require(object["attempts"] as? [[String: Any]])
        #expect(attempts.map { $0["outcome"] as? String } == ["refused"])
    }

    @Test(arguments: [
        ["--public-only"], ["--deny", "127.0.0.0/8"], ["--allow", "192.0.2.0/24"], ["--deny", "127.0.0.1"],
    ])
    func `what the policy forbids is vetoed, legacy forms too`(policy: [String]) async throws {
        let server = try await PlainServer.start()
        for host in ["127.0.0.1", "127.1", "0x7f000001"] {
            let run = try Tool.run(Tool.path, ["connect", host, server.port, "--json"] + policy)
            #expect(run.status == 1)
            let object = try run.object
            #expect((object["error"] as? [String: Any])?["code"] as? String == "refusedByPolicy")
            let attempts = try #require(object["attempts"] as? [[String: Any]])
            #expect(attempts.map { $0["outcome"] as? String } == ["vetoed"])
        }
        let exception = try Tool.run(
            Tool.path,
            ["connect", "127.1", server.port, "--json", "--allow", "127.0.0.1"] + policy
        )
        #expect(try exception.object["ok"] as? Bool == !policy.contains("127.0.0.1"))
        try await server.stop()
    }

    @Test(arguments: [
        ["64:ff9b::a00:1", "--allow", "64:ff9b::/96"], ["2606:4700:64::a00:1", "--nat64", "2606:4700:64::/96"],
        ["200::1"], ["4000::1"], ["::ffff:0:7f00:1"], ["2606:4700::5efe:a00:1", "--allow", "2606:4700::/32"],
    ])
    func `what an address carries is judged too, and what nobody has been given is not public`(arguments: [String])
        throws
    {
        let run = try Tool.run(
            Tool.path,
            ["connect", arguments[0], "9", "--json", "--public-only"] + arguments.dropFirst()
        )
        #expect(run.status == 1)
        let object = try run.object
        #expect((object["error"] as? [String: Any])?["code"] as? String == "refusedByPolicy")
        let attempts = try #require(object["attempts"] as? [[String: Any]])
        #expect(attempts.map { $0["outcome"] as? String } == ["vetoed"])
    }

    @Test func `many dials give one object each`() async throws {
        let server = try await PlainServer.start()
        let run = try Tool.run("connect", "127.0.0.1", server.port, "--json", "--count", "20", "--concurrency", "7")
        #expect(run.status == 0)
        #expect(try run.objects.map { $0["ok"] as? Bool } == Array(repeating: true, count: 20))
        try await server.stop()
    }

    @Test func `an override is dialed instead of a lookup`() async throws {
        let server = try await PlainServer.start()
        let run = try Tool.run("connect", "DB.test", server.port, "--json", "--override", "db.test=127.0.0.1")
        #expect(run.status == 0)
        #expect(try run.object["source"] as? String == "override")
        try await server.stop()
    }

    @Test func `a family that is ruled out is not dialed`() async throws {
        let run = try Tool.run("connect", "127.0.0.1", "9", "-6", "--json")
        #expect(run.status == 1)
        let error = try #require(try run.object["error"] as? [String: Any])
        #expect(error["code"] as? String == "noUsableAddress")
    }

    @Test func `names in a file are dialed behind it, and the status follows HOST`() async throws {
        let server = try await PlainServer.start()
        let names = FileManager.default.temporaryDirectory.appendingPathComponent("fairdial-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: names) }
        let text = "localhost\n127.0.0.1\n\n  127.0.0.2  \n1.2.3.4%eth0\nno\u{0}name\n"
        try Data(text.utf8 + [0xFF, 0xFE, 0x0A]).write(to: names)
        let run = try Tool.run("connect", "127.0.0.1", server.port, "-4", "--json", "--while-resolving", names.path)
        #expect(run.status == 0)
        let background = try #require(try run.object["background"] as? [String: Any])
        // Every name is accounted for; 127.0.0.2 is not listened on, and what is not UTF-8 is no name.
        #expect(background["connected"] as? Int == 2)
        let failed = try #require(background["failed"] as? [String: Int])
        #expect(failed["allAttemptsFailed"] == 1)
        #expect(failed["invalidTarget"] == 3)
        #expect(failed.values.reduce(0, +) == 4)
        #expect(background["last_s"] as? Double != nil)
        try await server.stop()
        let refusing = try #require(RefusingPort())
        let refused = try Tool.run(
            "connect",
            "127.0.0.1",
            "\(refusing.number)",
            "--json",
            "--while-resolving",
            names.path
        )
        withExtendedLifetime(refusing) {}
        #expect(refused.status == 1)
    }

    @Test func `the waterfall is aligned, and plain where there is no terminal`() async throws {
        let server = try await PlainServer.start()
        let run = try Tool.run("connect", "127.0.0.1", server.port)
        let lines = run.output.split(separator: "\n")
        #expect(lines.first?.hasPrefix("127.0.0.1:\(server.port)  connected  127.0.0.1  in ") == true)
        #expect(lines.count == 3)
        #expect(lines[1].hasPrefix("  lookup     "))
        #expect(lines[2].hasPrefix("  127.0.0.1  "))
        #expect(!run.output.contains("\u{1B}"))
        try await server.stop()
    }

    @Test func `the waterfall has a queue where there was a wait, and none where there was no answer`() {
        let error = DialError(.nameNotFound, "no such name", target: "db.test:80")
        func names(_ report: DialReport) -> [Substring?] {
            let result = ConnectResult(host: "db.test", port: 80, destination: nil, report: report, error: error)
            return Waterfall(report: result).lines(isColourful: false).dropFirst().map {
                $0.split(separator: " ").first
            }
        }
        #expect(names(DialReport(lookup: .seconds(1))) == ["lookup"])
        #expect(names(DialReport(queue: .seconds(1), lookup: .seconds(1))) == ["queue", "lookup"])
    }

    @Test func `colours come on a terminal, and not where NO_COLOR says no`() async throws {
        let server = try await PlainServer.start()
        let script = "import pty,sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
        let arguments = ["python3", "-c", script, Tool.path, "connect", "127.0.0.1", server.port]
        let colourful = try Tool.run("/usr/bin/env", arguments, environment: ["TERM": "xterm", "NO_COLOR": ""])
        #expect(colourful.output.contains("\u{1B}[32mconnected\u{1B}[0m"))
        let plain = try Tool.run("/usr/bin/env", arguments, environment: ["TERM": "xterm", "NO_COLOR": "1"])
        #expect(plain.output.contains("connected"))
        #expect(!plain.output.contains("\u{1B}[32m"))
        try await server.stop()
    }
}
