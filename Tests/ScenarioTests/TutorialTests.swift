// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The programs and the code that the documentation shows.
@Suite struct `What the documentation shows` {
    /// The package's folder.
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test func `the tutorial's first program fails as it says`() async throws {
        let run = try await Tool.run([], of: "Tutorial-Stock")
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("stock: 127.0.0.1 failed with connect timeout (1 s)"), "\(run.output)")
    }

    @Test func `the tutorial's second program connects, all of it`() async throws {
        let run = try await Tool.run([], of: "Tutorial-Fair")
        #expect(run.status == 0, "\(run.errors)")
        let last = run.output.split(separator: "\n").last ?? ""
        #expect(last.hasPrefix("fair: 127.0.0.1 connected after "), "\(run.output)")
        #expect(last.hasSuffix(" 20 of 20 feeds connected"), "\(run.output)")
    }

    @Test func `the tutorial's last steps are the programs`() throws {
        let resources = Self.root.appendingPathComponent("Sources/FairDial/FairDial.docc/Resources")
        for (step, snippet) in [("stock-4", "Tutorial-Stock"), ("fair-4", "Tutorial-Fair")] {
            let shown = try String(contentsOf: resources.appendingPathComponent("\(step).swift"), encoding: .utf8)
            let program = Self.root.appendingPathComponent("Snippets/\(snippet).swift")
            #expect(shown == (try String(contentsOf: program, encoding: .utf8)), "\(step)")
        }
    }

    @Test(arguments: [("FairDial/FairDial.docc/Migration.md", 8), ("FairPool/FairPool.docc/ForDriverAuthors.md", 2)])
    func `all code of a guide stands in a file that compiles`(guide: String, least: Int) throws {
        let guide = Self.root.appendingPathComponent("Sources/\(guide)")
        let snippets = try FileManager.default.contentsOfDirectory(
            at: Self.root.appendingPathComponent("Snippets"),
            includingPropertiesForKeys: nil
        )
        // What needs the TLS package stands in its tests.
        let secure = Self.root.appendingPathComponent(
            "Integrations/TLS/Tests/FairDialTLSTests/PoolWithTLSTests.swift"
        )
        let compiled = try (snippets + [secure]).map { Self.trimmed(try String(contentsOf: $0, encoding: .utf8)) }
        var blocks: [[Substring]] = []
        var isCode = false
        for line in try String(contentsOf: guide, encoding: .utf8).split(
            separator: "\n",
            omittingEmptySubsequences: false
        ) {
            if line.hasPrefix("```") {
                isCode = line == "```swift"
                if isCode { blocks.append([]) }
            } else if isCode {
                blocks[blocks.count - 1].append(line)
            }
        }
        #expect(blocks.count > least)
        for block in blocks {
            let text = Self.trimmed(block.joined(separator: "\n"))
            #expect(compiled.contains { $0.contains(text) }, "\(text)")
        }
    }

    /// Lines without their indentation and without empty ones.
    private static func trimmed(_ text: String) -> String {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
            .joined(separator: "\n")
    }
}
