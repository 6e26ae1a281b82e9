// SPDX-License-Identifier: Apache-2.0

extension Summary {
    /// The lines for a terminal: what feeds and servers have sent moves no cursor and forges no line. Control
    /// characters and invisible format characters become escapes, `\u{1B}`.
    package var printableLines: [String] { lines.map(Self.printable) }

    private static func printable(_ line: String) -> String {
        line.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                text += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
