// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Our search list beside the C library's, in a network of its own; `Scripts/test` compares all combinations.
@Suite(.enabled(if: Tool.hasSandbox, "needs user, mount and network namespaces"))
struct SearchListTests {
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Network/search-list")

    @Test func `no combination is worse than with the C library`() async throws {
        let outcome = try await Tool.run(Self.script, ["--every", "16", Tool.executable("lookups").path])
        #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
        #expect(outcome.output.contains(" combinations: 0 worse, "))
        print("search list:", outcome.output, terminator: "")
    }
}
