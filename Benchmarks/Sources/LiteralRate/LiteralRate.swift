// SPDX-License-Identifier: Apache-2.0

import CAllocations
import Glibc

/// How fast literals are read, beside the C library, in one process and in turn. `Benchmarks/literals` runs it.
///
/// - `rates [COUNT [ROUNDS]]`: nanoseconds per text, medians, and the ratio; one line a reading, tab-separated.
/// - `parse FILE --serve`: times `IPAddress` on a file's lines, one round for each line of standard input, as the peers
///   do.
/// - `cost READING COUNT`: reads this many texts, once, for a tool that counts instructions or system calls; prints the
///   allocations.
@main
struct LiteralRate {
    static func main() {
        let words = CommandLine.arguments.dropFirst()
        switch words.first {
        case "rates":
            let count = words.dropFirst().first.flatMap { Int($0) } ?? 1_000_000
            let rounds = words.dropFirst(2).first.flatMap { Int($0) } ?? 9
            for reading in Reading.all(RandomTexts(count: count, seed: 1)) { print(reading.race(rounds: rounds)) }
        case "parse" where words.count == 3 && words.last == "--serve":
            guard let file = ParsedFile(path: words[words.startIndex + 1]) else { fail("the file cannot be read") }
            while readLine() != nil {
                print(file.round())
                fflush(nil)
            }
        case "cost" where words.count == 3:
            let name = words[words.startIndex + 1]
            guard let count = Int(words[words.startIndex + 2]) else { fail("COUNT is a number") }
            let texts = RandomTexts(count: 1000, seed: 1)
            guard let reading = Reading.all(texts).first(where: { $0.name == name }) else { fail("no reading \(name)") }
            let before = allocation_count()
            var sum: UInt64 = 0
            for _ in 0..<count / 1000 { sum &+= reading.ours() }
            print("\(allocation_count() - before)\t\(sum)")
        default: fail("usage: LiteralRate rates [COUNT [ROUNDS]] | parse FILE --serve | cost READING COUNT")
        }
    }

    private static func fail(_ reason: String) -> Never {
        let line = "LiteralRate: \(reason)\n"
        _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        exit(2)
    }
}
