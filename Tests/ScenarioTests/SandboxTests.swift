// SPDX-License-Identifier: Apache-2.0

import Testing

/// What a command in the sandbox may rely on.
@Suite(.enabled(if: Tool.hasSandbox, "needs user, mount and network namespaces"))
struct SandboxTests {
    @Test func `a command inherits no blocked signal`() async throws {
        let outcome = try await Tool.run(["sandbox", "--", "grep", "SigBlk", "/proc/self/status"])
        #expect(outcome.output == "SigBlk:\t0000000000000000\n")
    }

    @Test(arguments: [("exit 7", 7), ("kill -TERM $$", 143)] as [(String, Int32)])
    func `the status is the command's own, as a shell says it`(_ script: String, _ status: Int32) async throws {
        #expect(try await Tool.run(["sandbox", "--", "sh", "-c", script]).status == status)
    }
}
