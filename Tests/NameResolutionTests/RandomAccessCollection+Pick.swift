// SPDX-License-Identifier: Apache-2.0

import FairDialTestKit

extension RandomAccessCollection {
    /// One of the elements; only for collections that have some.
    func pick(_ generator: inout SeededGenerator) -> Element {
        self[index(startIndex, offsetBy: Int.random(in: 0..<count, using: &generator))]
    }
}
