// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A line on the terminal that is written over and over while something runs; nothing where there is no terminal.
package enum Progress {
    private static let isOnTerminal = isatty(STDERR_FILENO) == 1

    package static func show(_ text: String) {
        guard isOnTerminal else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
    }

    package static func clear() {
        guard isOnTerminal else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
    }
}
