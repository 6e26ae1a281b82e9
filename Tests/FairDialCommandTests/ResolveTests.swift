// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Testing

@testable import FairDialCommand

@Suite struct `fairdial resolve` {
    @Test func `its JSON has the contract's members, in the contract's order`() throws {
        let run = try Tool.run("resolve", "::1", "443", "--json")
        #expect(run.status == 0)
        #expect(
            run.output == """
                {"host":"::1","service":"443","ok":true,"source":"numeric","queue_s":0.0,"lookup_s":0.0,"results":\
                [{"family":10,"socktype":1,"protocol":6,"address":"::1","port":443,"flowinfo":0,"scope_id":0,\
                "canonname":null}],"error":null}

                """
        )
    }

    @Test func `a service is read by its name`() throws {
        let run = try Tool.run("resolve", "127.0.0.1", "http", "--json")
        let results = try #require(try run.object["results"] as? [[String: Any]])
        #expect(results.map { $0["port"] as? Int } == [80])
        let unknown = try Tool.run("resolve", "127.0.0.1", "no-such-service", "--json")
        #expect(unknown.status == 1)
        let error = try #require(try unknown.object["error"] as? [String: Any])
        #expect((error["message"] as? String)?.contains("no-such-service") == true)
    }

    @Test func `a zone is the scope`() throws {
        let run = try Tool.run("resolve", "fe80::1%lo", "--json")
        let results = try #require(try run.object["results"] as? [[String: Any]])
        #expect(results.map { $0["scope_id"] as? Int } == [1])
        #expect(results.map { $0["address"] as? String } == ["fe80::1"])
        #expect(try Tool.run("connect", "fe80::1%lo", "9", "--json").output.contains("\"address\":\"fe80::1%1\""))
    }

    @Test func `the policy's options are applied, and what they forbid is listed`() throws {
        let question = ["resolve", "two.test", "--override", "two.test=::1", "--override", "two.test=127.0.0.1"]
        let run = try Tool.run(Tool.path, question + ["--deny", "::1/128", "--json"])
        #expect(run.status == 0)
        let results = try #require(try run.object["results"] as? [[String: Any]])
        #expect(results.map { $0["address"] as? String } == ["127.0.0.1"])
        let vetoed = try #require(try run.object["vetoed"] as? [[String: Any]])
        #expect(vetoed.map { $0["address"] as? String } == ["::1"])
        #expect(vetoed.map { $0["reason"] as? String } == ["forbidden: in ::1/128"])
        let text = try Tool.run(Tool.path, question + ["--deny", "::1/128"])
        #expect(text.output.contains("\n  ::1: forbidden: in ::1/128\n"))
    }

    @Test(arguments: ["localhost", "0.0.0.0", "127.1", "known.test"])
    func `where everything is forbidden it fails`(host: String) throws {
        let run = try Tool.run("resolve", host, "--public-only", "--override", "known.test=10.0.0.1", "--json")
        #expect(run.status == 1)
        let object = try run.object
        let error = try #require(object["error"] as? [String: Any])
        #expect(error["code"] as? String == "refusedByPolicy")
        #expect((object["vetoed"] as? [Any])?.isEmpty == false)
    }

    @Test(arguments: ["resolve", "explain"])
    func `where everything is forbidden the addresses have no port, which nobody gave`(command: String) throws {
        let run = try Tool.run(command, "::ffff:1.2.3.4", "--deny", "::/0", "--deny", "0.0.0.0/0")
        #expect(run.status == 1)
        let words = run.output + run.complaints
        #expect(words.contains("the policy forbids every address: ::ffff:1.2.3.4 forbidden"), "\(words)")
    }

    @Test(arguments: [
        (["--deadline", "60"], Duration.seconds(10)), (["--deadline", "3"], .seconds(3)), ([], .seconds(10)),
        (["--lookup-timeout", "20"], .seconds(20)), (["--lookup-timeout", "20", "--deadline", "15"], .seconds(15)),
    ])
    func `a lookup of records ends with its own timeout, or the deadline where that is sooner`(
        options: [String],
        timeout: Duration
    ) throws {
        #expect(try CommonOptions.parse(options).recordTimeout == timeout)
    }

    @Test func `for a person it is one line and the addresses`() throws {
        let run = try Tool.run("resolve", "127.0.0.1", "80")
        #expect(run.output == "127.0.0.1  resolved  by numeric  queue 0 s · lookup 0 s\n  127.0.0.1:80\n")
    }
}

@Suite struct `fairdial resolve --batch` {
    private func answers(_ input: String, _ options: String...) throws -> Tool.Run {
        try Tool.run(Tool.path, ["resolve", "--batch"] + options, input: Data(input.utf8))
    }

    @Test func `one answer a question, in order, with the platform's own numbers`() throws {
        let run = try answers(
            """
            {"host":"::1","service":"80","family":0,"socktype":1,"protocol":0,"flags":0}
            {"host":"127.1","service":null,"family":2,"socktype":2,"protocol":0,"flags":0}
            {"host":"::1","service":"80","family":2,"socktype":1,"protocol":0,"flags":0}
            {"host":null,"service":null}
            """
        )
        #expect(run.status == 0)
        #expect(
            run.output == """
                {"error":0,"source":"numeric","results":[{"family":10,"socktype":1,"protocol":6,"address":"::1","port":80,"flowinfo":0,"scope_id":0,"canonname":null}]}
                {"error":0,"source":"numeric","results":[{"family":2,"socktype":2,"protocol":17,"address":"127.0.0.1","port":0,"flowinfo":0,"scope_id":0,"canonname":null}]}
                {"error":-9,"source":"numeric","results":[]}
                {"error":-2,"source":"numeric","results":[]}

                """
        )
    }

    @Test func `a line that is not a question is answered and named, and the others lose nothing`() throws {
        let run = try Tool.run(
            "resolve",
            "--batch",
            "--numeric-only",
            input: Data("garbage\n{\"host\":5}\n".utf8 + [0xFF, 0xFE, 0x0A])
                + Data("{\"host\":\"a\\u0000b\"}\n{\"host\":\"db.test\"}\n{\"host\":\"1.2.3.4\",\"socktype\":1}\n".utf8)
        )
        #expect(run.status == 1)
        let objects = try run.objects
        #expect(
            objects.map { $0["source"] as? String }
                == ["unreadable", "unreadable", "unreadable", "numeric", "needs-lookup", "numeric"]
        )
        #expect(objects[3]["error"] as? Int == -2)
        #expect(objects[4]["error"] is NSNull)
        #expect(objects[5]["error"] as? Int == 0)
        for line in 1...3 { #expect(run.complaints.contains("line \(line) is not a question")) }
    }

    @Test func `an answer comes while the input stays open`() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Tool.path)
        process.arguments = ["resolve", "--batch"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        for address in ["1.2.3.4", "::1"] {
            try input.fileHandleForWriting.write(contentsOf: Data("{\"host\":\"\(address)\",\"socktype\":1}\n".utf8))
            let answer = output.fileHandleForReading.availableData
            #expect(String(decoding: answer, as: UTF8.self).contains("\"address\":\"\(address)\""))
        }
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test func `streams that do not block are waited for, and lose nothing`() throws {
        let script = """
            import fcntl, os, subprocess, sys, threading, time
            ins, outs = os.pipe(), os.pipe()
            for end in ins[0], outs[1]:
                fcntl.fcntl(end, fcntl.F_SETFL, fcntl.fcntl(end, fcntl.F_GETFL) | os.O_NONBLOCK)
            tool = subprocess.Popen([sys.argv[1], "resolve", "--batch"], stdin=ins[0], stdout=outs[1])
            os.close(ins[0]), os.close(outs[1])
            def ask():
                time.sleep(0.2)
                with open(ins[1], "wb") as questions:
                    questions.write(b'{"host":"1.2.3.4","socktype":1}\\n' * 20000)
            threading.Thread(target=ask).start()
            time.sleep(0.5)
            with open(outs[0], "rb") as answers:
                print(len(answers.readlines()))
            print(tool.wait())
            """
        let run = try Tool.run("/usr/bin/env", ["python3", "-c", script, Tool.path])
        #expect(run.output == "20000\n0\n")
        #expect(run.complaints == "")
    }

    @Test func `a reader that leaves ends it quietly`() throws {
        let script = "yes '{\"host\":\"1.2.3.4\",\"socktype\":1}' 2>/dev/null | \"$0\" resolve --batch | head -n 1"
        let run = try Tool.run("/bin/sh", ["-c", script, Tool.path])
        #expect(run.output.split(separator: "\n").count == 1)
        #expect(run.complaints == "")
    }
}
