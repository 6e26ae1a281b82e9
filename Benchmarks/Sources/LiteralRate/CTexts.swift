// SPDX-License-Identifier: Apache-2.0

/// The same texts as C strings, one behind the other, as a C program would hold them.
final class CTexts {
    private let bytes: UnsafeMutablePointer<CChar>
    let starts: [UnsafePointer<CChar>]
    /// The same without their NULs, as bytes with a length.
    let buffers: [UnsafeBufferPointer<UInt8>]

    init(_ texts: [String]) {
        let total = texts.reduce(0) { $0 + $1.utf8.count + 1 }
        bytes = .allocate(capacity: total)
        var starts: [UnsafePointer<CChar>] = []
        var next = bytes
        for text in texts {
            starts.append(UnsafePointer(next))
            for byte in text.utf8 {
                next.pointee = CChar(bitPattern: byte)
                next += 1
            }
            next.pointee = 0
            next += 1
        }
        self.starts = starts
        buffers = zip(starts, texts).map { start, text in
            UnsafeBufferPointer(
                start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self),
                count: text.utf8.count
            )
        }
    }

    deinit { bytes.deallocate() }
}
