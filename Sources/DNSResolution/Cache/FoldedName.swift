// SPDX-License-Identifier: Apache-2.0

import DNSMessages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A name in lower case, in memory that lives as long as a closure runs; and how names are compared, whatever the case
/// of their letters (RFC 4343).
@available(FairDial 0.1, *)
struct FoldedName {
    /// The name on the wire.
    let wire: UnsafeRawBufferPointer
    /// The same with dots before its labels, but for the first one.
    let text: UnsafeRawBufferPointer
    let labelCount: Int

    var hash: Int { Self.hash(text) }

    private static func folded(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    /// Folds a name.
    ///
    /// - Parameter body: must not capture the cache's own storage: that would copy it.
    static func with<Result>(_ name: DomainName, _ body: (FoldedName) -> Result) -> Result {
        name.wire.withUnsafeBufferPointer { name in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * name.count) { buffer in
                let count = name.count
                var nextLabel = 0
                var labelCount = 0
                for position in 0..<count {
                    let byte = folded(name[position])
                    buffer[position] = byte
                    buffer[count + position] = byte
                    // The bytes before labels say how long these are, and are dots in the text.
                    if position == nextLabel, byte > 0 {
                        buffer[count + position] = UInt8(ascii: ".")
                        labelCount += 1
                        nextLabel = position + 1 + Int(byte)
                    }
                }
                let bytes = UnsafeRawBufferPointer(buffer)
                // Without the dot before the first label, and the zero at the end.
                let text = count > 1 ? count + 1..<2 * count - 1 : count..<count
                return body(
                    FoldedName(
                        wire: UnsafeRawBufferPointer(rebasing: bytes[..<count]),
                        text: UnsafeRawBufferPointer(rebasing: bytes[text]),
                        labelCount: labelCount
                    )
                )
            }
        }
    }

    /// By what a name's text is found.
    static func hash(_ text: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: text)
        return hasher.finalize()
    }

    /// Whether two names in lower case are the same.
    static func isSame(_ left: [UInt8], _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count, let start = right.baseAddress else { return left.isEmpty && right.isEmpty }
        return left.withUnsafeBytes { bytes in bytes.baseAddress.map { memcmp($0, start, right.count) == 0 } ?? false }
    }

    /// Whether a name in lower case is this one.
    static func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return left.withUnsafeBufferPointer { left in
            right.withUnsafeBufferPointer { right in
                left.indices.allSatisfy { left[$0] == folded(right[$0]) }
            }
        }
    }

    /// A name without its final dot.
    static func bare(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(text.last == UInt8(ascii: ".") ? UnsafeBufferPointer(rebasing: text.dropLast()) : text)
    }
}
