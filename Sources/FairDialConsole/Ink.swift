// SPDX-License-Identifier: Apache-2.0

/// Colours for a terminal; plain text elsewhere.
package enum Ink: String {
    case good = "32"
    case bad = "31"
    case dim = "2"
    case strong = "1"

    /// The text in this colour, where colours make sense.
    package func callAsFunction(_ text: String, isOn: Bool = StandardStreams.isColourful) -> String {
        isOn ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}
