// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What the fuzzer has found worth keeping, read again; each reader's twin is the fuzzer's own file.
@Suite struct `Fuzz corpus of services files` {
    @Test func `every file gives what can be`() throws {
        for (name, bytes) in try Self.inputs(of: "services") {
            #expect(FuzzedServices(bytes: bytes).fault() == nil, "\(name)")
        }
    }

    private static func inputs(of reader: String) throws -> [(name: String, bytes: [UInt8])] {
        let folder = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fuzz/\(reader)/corpus")
        let inputs = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(inputs.count >= 20)
        return try inputs.map { ($0.lastPathComponent, Array(try Data(contentsOf: $0))) }
    }
}
