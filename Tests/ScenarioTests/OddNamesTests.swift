// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The C library's word on which names DNS is asked for at all, beside a wildcard server: `Tests/Network/odd-names`.
@Suite(.enabled(if: Tool.hasSandbox, "needs user, mount and network namespaces"))
struct OddNamesTests {
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Network/odd-names")

    @Test func `what the C library refuses unasked we do not ask for, and what it finds we find`() async throws {
        let outcome = try await Tool.run(Self.script, [Tool.executable("fairdial").path, "--all"])
        print(outcome.output, terminator: "")
        #expect(outcome.status == 0)
    }
}
