// SPDX-License-Identifier: Apache-2.0

/// Texts one behind the other, each with a NUL behind it: what a C program would hold, and what we read as bytes.
final class PackedTexts {
    private let memory: UnsafeMutableBufferPointer<UInt8>

    /// Each text without its NUL.
    let bytes: [UnsafeBufferPointer<UInt8>]

    /// Each text as C takes it.
    let pointers: [UnsafePointer<CChar>]

    init(_ texts: [String]) {
        memory = .allocate(capacity: texts.reduce(0) { $0 + $1.utf8.count + 1 })
        var bytes: [UnsafeBufferPointer<UInt8>] = []
        var next = 0
        for text in texts {
            let start = next
            for byte in text.utf8 {
                memory[next] = byte
                next += 1
            }
            bytes.append(UnsafeBufferPointer(rebasing: memory[start..<next]))
            memory[next] = 0
            next += 1
        }
        self.bytes = bytes
        pointers = bytes.compactMap { UnsafeRawPointer($0.baseAddress)?.assumingMemoryBound(to: CChar.self) }
    }

    deinit { memory.deallocate() }
}
