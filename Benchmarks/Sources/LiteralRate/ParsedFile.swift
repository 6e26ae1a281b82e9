// SPDX-License-Identifier: Apache-2.0

import Glibc
import IPAddresses

/// A file of texts, one a line, timed as the peers in `Peers/` time it.
struct ParsedFile {
    private let memory: UnsafeMutableBufferPointer<UInt8>
    private let texts: [UnsafeBufferPointer<UInt8>]

    init?(path: String) {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        memory = .allocate(capacity: max(ftell(file), 1))
        rewind(file)
        let count = fread(memory.baseAddress, 1, memory.count, file)
        texts = memory[..<count].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .dropLast(memory[..<count].last == UInt8(ascii: "\n") ? 1 : 0)
            .map { UnsafeBufferPointer(rebasing: $0) }
    }

    /// One pass: nanoseconds a text, the sum of all bytes of all addresses, how many texts were none.
    func round() -> String {
        var failures = 0
        let (nanoseconds, sum) = Reading.timed(texts.count) {
            var sum: UInt64 = 0
            for text in texts {
                switch try? IPAddress(utf8: text) {
                case .v4(let address)?: sum &+= Self.byteSum(UInt64(address.bits))
                case .v6(let address, zone: nil)?: sum &+= Self.byteSum(address.high) &+ Self.byteSum(address.low)
                default: failures += 1
                }
            }
            return sum
        }
        return "\((nanoseconds * 100).rounded() / 100) \(sum) \(failures)"
    }

    /// The sum of a word's bytes.
    private static func byteSum(_ word: UInt64) -> UInt64 {
        let pairs = (word & 0x00FF_00FF_00FF_00FF) &+ (word >> 8 & 0x00FF_00FF_00FF_00FF)
        return (pairs &* 0x0001_0001_0001_0001) >> 48
    }
}
