// SPDX-License-Identifier: Apache-2.0

/// Texts from outside, escaped so that a log or a terminal shows them as text and nothing else.
@available(FairDial 0.1, *)
extension StringProtocol {
    /// The text on one line, every character in sight: what would end the line, move the cursor, change colours or turn
    /// the direction of writing is shown as an escape, such as `\n` or `\u{1B}`.
    ///
    /// Printing that again changes nothing. It is for people: backslashes are left as they are, so it cannot be read
    /// back.
    package var printable: String {
        // Nearly every text returns here.
        if utf8.allSatisfy({ 0x20...0x7E ~= $0 }) { return String(self) }
        return unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.isPrintable { text.unicodeScalars.append(scalar) } else { text += scalar.escaped(asASCII: true) }
        }
    }

    /// The same for a text of several lines, which it keeps.
    package var printableLines: String {
        split(separator: "\n", omittingEmptySubsequences: false).map(\.printable).joined(separator: "\n")
    }
}

@available(FairDial 0.1, *)
extension Unicode.Scalar {
    /// Whether it stands for itself: neither a control character, those of ISO 6429 (`U+009B` begins a terminal's
    /// commands) included, nor a line's end, nor one of the invisible ones that shape or turn what is beside them.
    package var isPrintable: Bool {
        if value < 0x7F { return value >= 0x20 }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return false
        default: return true
        }
    }
}
