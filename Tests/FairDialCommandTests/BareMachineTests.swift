// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Machines on which something is not there that a program takes for granted.
@Suite struct `A machine without /proc, or with closed standard streams` {
    /// Runs a shell script whose $0 is the tool.
    private func run(_ script: String, inNamespaces: Bool = false) throws -> Tool.Run {
        let shell = ["sh", "-c", script, Tool.path]
        let namespaces = ["unshare", geteuid() == 0 ? "-m" : "-rm"]
        return try Tool.run("/usr/bin/env", inNamespaces ? namespaces + shell : shell)
    }

    /// Runs the tool where there is no /proc. Swift's own threads are libdispatch's, which looks at them in /proc once
    /// they have begun, and ends the process where it cannot: such a run, which says nothing, is run again.
    private func runWithoutProc(_ arguments: String) throws -> Tool.Run {
        let script = "mount -t tmpfs none /proc && exec \"$0\" \(arguments)"
        for _ in 0..<50 {
            let run = try run(script, inNamespaces: true)
            if run.status != SIGILL || !run.output.isEmpty { return run }
        }
        return try run(script, inNamespaces: true)
    }

    @Test func `without /proc the command line counts all the same, for status 0 means connected`() throws {
        let refused = try runWithoutProc("connect 127.0.0.1 9 --json")
        #expect(refused.status == 1, "\(refused)")
        #expect(try refused.object["host"] as? String == "127.0.0.1")
        let answered = try runWithoutProc("resolve ::1 --json")
        #expect(answered.status == 0, "\(answered)")
        #expect(answered.output.contains("\"::1\""))
        let wrong = try runWithoutProc("connect 127.0.0.1 x")
        #expect(wrong.status == 2, "\(wrong)")
    }

    @Test(arguments: ["1>&-", "0<&- 1>&-"])
    func `no socket becomes standard output, and results that nobody gets are an error`(closed: String) throws {
        let run = try run("exec \"$0\" connect 127.0.0.1 9 --json \(closed)")
        #expect(run.status == 1)
        // Not "invalid argument", as the loops' own descriptor says that is there otherwise.
        #expect(run.complaints == "fairdial: cannot write the results: Bad file descriptor\n")
    }

    @Test func `where input and messages are closed, results are printed`() throws {
        let run = try run("exec \"$0\" resolve 127.0.0.1 --json 0<&- 2>&-")
        #expect(run.status == 0)
        #expect(try run.object["ok"] as? Bool == true)
    }

    @Test func `questions that cannot be read are an error`() throws {
        let run = try run("exec \"$0\" resolve --batch 0<&-")
        #expect(run.status == 1)
        #expect(run.complaints == "fairdial: cannot read the questions: Bad file descriptor\n")
    }
}
