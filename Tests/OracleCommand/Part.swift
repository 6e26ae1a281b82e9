// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// One part of several, as `0/2`.
struct Part: ExpressibleByArgument {
    var index: Int
    var count: Int

    init(index: Int, count: Int) {
        self.index = index
        self.count = count
    }

    init?(argument: String) {
        let numbers = argument.split(separator: "/").map { Int($0) }
        guard numbers.count == 2, let index = numbers[0], let count = numbers[1], count > 0, 0..<count ~= index else {
            return nil
        }
        self.init(index: index, count: count)
    }
}
