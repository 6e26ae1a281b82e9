// SPDX-License-Identifier: Apache-2.0

import FairDialConsole

/// A port on the command line: 1 … 65535, in decimal digits.
struct Port: Sendable {
    let number: Int

    init(reading text: String) throws(WrongValue) {
        let isDecimal = !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isDecimal, let number = UInt16(text), number != 0 else {
            throw WrongValue("a port is a number within 1 … 65535, and one host stands before it")
        }
        self.number = Int(number)
    }
}
