// SPDX-License-Identifier: Apache-2.0

import IPAddresses

/// A JSON value on one line, its members in the order in which the contract lists them.
///
/// Foundation's encoder has no order but the alphabet's, which puts `attempts` before `host`.
package enum JSONLine: Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case seconds(Duration)
    case text(String)
    case list([JSONLine])
    case object([(String, JSONLine)])

    /// A text, or null.
    package static func optional(_ text: String?) -> JSONLine {
        text.map(JSONLine.text) ?? .null
    }

    /// The value as RFC 8259 writes it.
    package var rendered: String {
        var output = ""
        write(to: &output)
        return output
    }

    private func write(to output: inout String) {
        switch self {
        case .null: output += "null"
        case .bool(let value): output += value ? "true" : "false"
        case .integer(let value): output += String(value)
        case .seconds(let duration): output += duration.decimalSeconds
        case .text(let text): Self.write(text, to: &output)
        case .list(let values):
            output += "["
            for (index, value) in values.enumerated() {
                if index > 0 { output += "," }
                value.write(to: &output)
            }
            output += "]"
        case .object(let members):
            output += "{"
            for (index, (name, value)) in members.enumerated() {
                if index > 0 { output += "," }
                Self.write(name, to: &output)
                output += ":"
                value.write(to: &output)
            }
            output += "}"
        }
    }

    private static func write(_ text: String, to output: inout String) {
        output += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case _ where !scalar.isPrintable:
                // Not only those that RFC 8259 asks for: a terminal may be what reads the line.
                for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
                    let digits = String(unit, radix: 16)
                    output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }
}

extension Duration {
    /// Seconds as a JSON number with nine decimals at most: `0.00001`, `1.5`, `0.0`.
    fileprivate var decimalSeconds: String {
        let nanoseconds = (attoseconds / 1_000_000_000).magnitude
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let sign = self < .zero ? "-" : ""
        var decimals = String(rest)
        decimals = String(repeating: "0", count: 9 - decimals.count) + decimals
        while decimals.count > 1, decimals.hasSuffix("0") { decimals.removeLast() }
        return "\(sign)\(seconds).\(decimals)"
    }
}
