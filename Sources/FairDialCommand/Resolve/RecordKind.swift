// SPDX-License-Identifier: Apache-2.0

import DNSMessages
import FairDialConsole

/// A type of record on the command line: its mnemonic, or `TYPE` and a number.
struct RecordKind: Sendable {
    let type: RecordType

    init(reading text: String) throws(WrongValue) {
        guard let type = RecordType(text) else {
            throw WrongValue("write a type's name, such as SRV or MX, or TYPE and its number, such as TYPE65400")
        }
        self.type = type
    }
}
