// SPDX-License-Identifier: Apache-2.0

extension StringProtocol {
    /// The text for a log or a terminal: what a peer has sent must not move the cursor, forge a line, or turn what is
    /// beside it. Control characters, ends of lines and invisible format characters become escapes, `\u{1B}`.
    package var printable: String {
        if utf8.allSatisfy({ 0x20...0x7E ~= $0 }) { return String(self) }
        var text = ""
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                text += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
