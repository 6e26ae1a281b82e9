// SPDX-License-Identifier: Apache-2.0

/// A JSON value on one line, its members in the order in which the contract lists them.
///
/// Foundation's encoder has no order but the alphabet's, which puts `attempts` before `host`.
enum JSONLine: Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case seconds(Duration)
    case text(String)
    case list([JSONLine])
    case object([(String, JSONLine)])

    /// A text, or null.
    static func optional(_ text: String?) -> JSONLine {
        text.map(JSONLine.text) ?? .null
    }

    /// The value as RFC 8259 writes it.
    var rendered: String {
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
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }
}

extension Duration {
    /// Seconds as a JSON number with nine decimals at most: `0.00001`, `1.5`, `0.0`.
    fileprivate var decimalSeconds: String {
        let (seconds, attoseconds) = components
        let nanoseconds = (attoseconds / 1_000_000_000).magnitude
        let sign = self < .zero ? "-" : ""
        var decimals = String(nanoseconds)
        decimals = String(repeating: "0", count: 9 - decimals.count) + decimals
        while decimals.count > 1, decimals.hasSuffix("0") { decimals.removeLast() }
        return "\(sign)\(seconds.magnitude).\(decimals)"
    }
}
