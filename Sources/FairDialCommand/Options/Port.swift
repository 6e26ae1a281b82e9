// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// A port on the command line: 1 … 65535, in decimal digits.
struct Port: ExpressibleByArgument {
    let number: Int

    init?(argument: String) {
        let isDecimal = !argument.isEmpty && argument.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isDecimal, let number = UInt16(argument), number != 0 else { return nil }
        self.number = Int(number)
    }
}
