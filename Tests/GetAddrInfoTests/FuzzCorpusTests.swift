// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Foundation
    import Testing

    /// What the fuzzer has found worth keeping, asked again. `FuzzedQuestion` is the fuzzer's own file.
    @Suite struct `Fuzz corpus` {
        @Test func `every input is answered as the C library answers it, and read back as printed`() throws {
            let folder = URL(fileURLWithPath: #filePath)
                .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("Fuzz/addressinfo/corpus")
            let inputs = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            #expect(inputs.count >= 20)
            for input in inputs {
                let bytes = Array(try Data(contentsOf: input))
                guard let question = bytes.withUnsafeBufferPointer({ FuzzedQuestion($0) }) else { continue }
                #expect(question.disagreement() == nil, "\(input.lastPathComponent)")
                #expect(question.lossyText() == nil, "\(input.lastPathComponent)")
            }
        }
    }
#endif
