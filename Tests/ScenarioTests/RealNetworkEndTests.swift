// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestHelpers
import Testing

/// However its command ends, the network of two hosts ends with it.
@Suite(.enabled(if: TwoHosts.areHere, "needs network namespaces, nftables and TAP devices"))
struct RealNetworkEndTests {
    /// Prints the namespaces of both hosts, one a line.
    private static let namespaces = "readlink /proc/[0-9]*/ns/net | sort -u"

    @Test(.timeLimit(.minutes(15)), arguments: [0, 7] as [Int32])
    func `a command's status is the network's, and nothing outlives it`(_ status: Int32) async throws {
        let outcome = try await Tool.run(TwoHosts.script, ["bash", "-c", "\(Self.namespaces); exit \(status)"])
        #expect(outcome.status == status)
        try await end(of: outcome.output)
    }

    @Test(.timeLimit(.minutes(15))) func `nothing outlives a network that is killed`() async throws {
        // Left alone the command ends too, and says so: whatever comes of this test, nothing stays.
        let kill = """
            exec 3< <(exec "$0" bash -c '\(Self.namespaces); sleep 20; echo outlived')
            network=$!
            read -r first <&3
            echo "$first"
            kill -KILL "$network"
            cat <&3
            """
        let outcome = try await Tool.run(
            URL(fileURLWithPath: "/usr/bin/env"),
            ["bash", "-c", kill, TwoHosts.script.path]
        )
        #expect(!outcome.output.contains("outlived"))
        try await end(of: outcome.output)
    }

    /// Waits until no process is left in these namespaces.
    private func end(of output: String) async throws {
        let namespaces = Set(output.split(separator: "\n").map(String.init))
        #expect(namespaces.count == 2)
        #expect(try await Patience.untilTrue { try namespaces.isDisjoint(with: Self.inhabited()) })
    }

    /// The network namespaces that any process is in; one that has ended and only waits to be asked after is in none.
    private static func inhabited() throws -> Set<String> {
        let files = FileManager.default
        let processes = try files.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }
        return Set(processes.compactMap { try? files.destinationOfSymbolicLink(atPath: "/proc/\($0)/ns/net") })
    }
}
