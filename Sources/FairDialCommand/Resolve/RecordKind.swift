// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import DNSMessages

/// A type of record on the command line: its mnemonic, or `TYPE` and a number.
struct RecordKind: ExpressibleByArgument {
    let type: RecordType

    init?(argument: String) {
        guard let type = RecordType(argument) else { return nil }
        self.type = type
    }
}
