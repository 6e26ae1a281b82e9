// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What the fuzzer has found worth keeping, read again. `FuzzedMessage` is the fuzzer's own file.
@Suite struct `DNS message fuzz corpus` {
    @Test func `every input is read or refused, and what is read is written and read again as the same`() throws {
        let folder = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fuzz/messages/corpus")
        let inputs = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(inputs.count >= 20)
        for input in inputs {
            let bytes = Array(try Data(contentsOf: input))
            #expect(FuzzedMessage(bytes: bytes).fault() == nil, "\(input.lastPathComponent)")
        }
    }
}
