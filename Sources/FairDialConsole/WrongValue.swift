// SPDX-License-Identifier: Apache-2.0

/// Why a value on the command line cannot be used, and what to write instead: a clause behind the parser's own words.
package struct WrongValue: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
