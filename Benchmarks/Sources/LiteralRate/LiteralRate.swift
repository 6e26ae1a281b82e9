// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Our readings of literals against the C library's, in one process and in turn: nanoseconds per text, medians.
@main
struct LiteralRate {
    static func main() {
        let arguments = CommandLine.arguments
        let count = arguments.count > 1 ? Int(arguments[1]) ?? 1_000_000 : 1_000_000
        let rounds = arguments.count > 2 ? Int(arguments[2]) ?? 9 : 9
        let texts = RandomTexts(count: count, seed: 1)
        let wanted = arguments.count > 3 ? arguments[3] : ""
        for race in Race.all(texts) where race.title.contains(wanted) || wanted.isEmpty { race.run(rounds: rounds) }
    }
}
