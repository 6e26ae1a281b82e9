// SPDX-License-Identifier: Apache-2.0

/// Writes extended JSON: a walk over the bytes with a stack of what is open, no recursion.
struct ExtendedJSONPrinter {
    private struct Level {
        let isArray: Bool
        /// What ends it.
        let end: StaticString
        var isFirst = true
    }

    private var text: [UInt8] = []
    private let format: ExtendedJSONFormat

    static func text(of document: BSONDocument, isArray: Bool, _ format: ExtendedJSONFormat) -> String {
        var printer = ExtendedJSONPrinter(format: format)
        printer.text.reserveCapacity(document.bytes.count * 2)
        document.read { reader in printer.run(&reader, isArray: isArray) }
        return String(decoding: printer.text, as: UTF8.self)
    }

    private init(format: ExtendedJSONFormat) {
        self.format = format
    }

    private mutating func run(_ reader: inout BSONReader, isArray: Bool) {
        write(isArray ? "[" : "{")
        var levels = [Level(isArray: isArray, end: isArray ? "]" : "}")]
        while let level = levels.last {
            guard reader.next(), let type = reader.type else {
                write(level.end)
                levels.removeLast()
                _ = reader.leave()
                continue
            }
            if !level.isFirst { write(",") }
            levels[levels.count - 1].isFirst = false
            if !level.isArray {
                quoted(reader.key)
                write(":")
            }
            switch type {
            case .document:
                write("{")
                levels.append(Level(isArray: false, end: "}"))
                _ = reader.enter()
            case .array:
                write("[")
                levels.append(Level(isArray: true, end: "]"))
                _ = reader.enter()
            case .codeWithScope:
                write("{\"$code\":")
                quoted(reader.string ?? "")
                write(",\"$scope\":{")
                levels.append(Level(isArray: false, end: "}}"))
                _ = reader.enter()
            default:
                if let value = reader.value { scalar(value) }
            }
        }
    }

    private mutating func scalar(_ value: BSONValue) {
        switch value {
        case .double(let number): double(number)
        case .string(let text): quoted(text)
        case .binary(let binary):
            write("{\"$binary\":{\"base64\":\"")
            text += Base64.text(binary.bytes)
            write("\",\"subType\":\"")
            text += Hexadecimal.text([binary.subtype.rawValue]).utf8
            write("\"}}")
        case .undefined: write("{\"$undefined\":true}")
        case .objectID(let id): wrapped("$oid", id.description)
        case .bool(let value): write(value ? "true" : "false")
        case .date(let date): self.date(date)
        case .null: write("null")
        case .regularExpression(let expression):
            write("{\"$regularExpression\":{\"pattern\":")
            quoted(expression.pattern)
            write(",\"options\":")
            quoted(expression.options)
            write("}}")
        case .dbPointer(let pointer):
            write("{\"$dbPointer\":{\"$ref\":")
            quoted(pointer.reference)
            write(",\"$id\":")
            wrapped("$oid", pointer.id.description)
            write("}}")
        case .code(let code): wrapped("$code", code)
        case .symbol(let symbol): wrapped("$symbol", symbol)
        case .int32(let number): self.number("$numberInt", number.description)
        case .timestamp(let timestamp):
            text += "{\"$timestamp\":{\"t\":\(timestamp.seconds),\"i\":\(timestamp.increment)}}".utf8
        case .int64(let number): self.number("$numberLong", number.description)
        case .decimal128(let number): wrapped("$numberDecimal", number.description)
        case .minKey: write("{\"$minKey\":1}")
        case .maxKey: write("{\"$maxKey\":1}")
        case .document, .array, .codeWithScope: break  // Levels; see `run`.
        }
    }

    private mutating func date(_ date: BSONDate) {
        write("{\"$date\":")
        if format == .relaxed, let iso8601 = date.iso8601 {
            quoted(iso8601)
        } else {
            wrapped("$numberLong", date.milliseconds.description)
        }
        write("}")
    }

    private mutating func double(_ number: Double) {
        guard number.isFinite else {
            return wrapped("$numberDouble", number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity")
        }
        // Swift prints the shortest digits that read back the same, with `e` where the specification's examples have E.
        self.number("$numberDouble", number.description.uppercased())
    }

    private mutating func number(_ key: StaticString, _ digits: String) {
        if format == .relaxed { text += digits.utf8 } else { wrapped(key, digits) }
    }

    private mutating func wrapped(_ key: StaticString, _ value: String) {
        write("{\"")
        write(key)
        write("\":")
        quoted(value)
        write("}")
    }

    private mutating func write(_ piece: StaticString) {
        piece.withUTF8Buffer { text += $0 }
    }

    private mutating func quoted(_ value: String) {
        text.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""): write("\\\"")
            case UInt8(ascii: "\\"): write("\\\\")
            case 0x08: write("\\b")
            case 0x09: write("\\t")
            case 0x0A: write("\\n")
            case 0x0C: write("\\f")
            case 0x0D: write("\\r")
            case 0..<0x20:
                write("\\u00")
                text += Hexadecimal.text([byte]).utf8
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }
}
