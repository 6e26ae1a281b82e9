// SPDX-License-Identifier: Apache-2.0

/// The services file as a value: which port each service has, by protocol (services(5)).
///
/// Read as glibc's `files` service reads it: a name, white space, a port, `/`, a protocol, aliases; `#` begins a
/// comment, a NUL ends a line's contents. Names and protocols are compared byte for byte, and the first line that fits
/// counts.
@available(FairDial 0.1, *)
public struct ServicesFile: Hashable, Sendable {
    private struct Key: Hashable {
        var name: [UInt8]
        var protocolName: [UInt8]
    }

    private var ports: [Key: UInt16] = [:]

    /// Reads a file's bytes; a malformed line is ignored.
    public init(_ bytes: some Collection<UInt8>) {
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let content = Array(line.prefix { $0 != UInt8(ascii: "#") && $0 != 0 }.drop(while: Self.isSpace))
            guard let entry = Entry(content) else { continue }
            for name in entry.names {
                let key = Key(name: name, protocolName: entry.protocolName)
                if ports[key] == nil { ports[key] = entry.port }
            }
        }
    }

    /// The port of a service, 0 … 65535; `nil` when the file has none of that name for the protocol.
    public func port(of service: some Sequence<UInt8>, over protocolName: String) -> UInt16? {
        ports[Key(name: Array(service), protocolName: Array(protocolName.utf8))]
    }

    /// One line.
    private struct Entry {
        var names: [[UInt8]]
        var port: UInt16
        var protocolName: [UInt8]

        init?(_ line: [UInt8]) {
            guard !line.isEmpty else { return nil }
            var rest = line[...]
            names = [Array(rest.prefix { !ServicesFile.isSpace($0) })]
            rest = rest.dropFirst(names[0].count).drop(while: ServicesFile.isSpace)
            guard let port = Self.port(&rest) else { return nil }
            self.port = port
            protocolName = Array(rest.prefix { !ServicesFile.isSpace($0) })
            rest = rest.dropFirst(protocolName.count)
            names += rest.split(whereSeparator: ServicesFile.isSpace).map(Array.init)
        }

        /// Takes a number and the slashes after it. The number is read as `strtoul` reads it: decimal, octal or
        /// hexadecimal. One of more than 32 bits is refused; of others the lower 16 bits are the port.
        private static func port(_ rest: inout ArraySlice<UInt8>) -> UInt16? {
            var text = rest.drop(while: ServicesFile.isSpace)
            let sign = text.first.flatMap { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") ? $0 : nil }
            if sign != nil { text = text.dropFirst() }
            guard var number = number(&text) else { return nil }
            if sign == UInt8(ascii: "-") { number = 0 &- number }
            guard number <= UInt64(UInt32.max), text.isEmpty || text.first == UInt8(ascii: "/") else { return nil }
            rest = text.drop { $0 == UInt8(ascii: "/") }
            return UInt16(truncatingIfNeeded: number)
        }

        private static func number(_ text: inout ArraySlice<UInt8>) -> UInt64? {
            var base: UInt64 = 10
            if text.first == UInt8(ascii: "0") {
                base = 8
                let afterPrefix = text.dropFirst(2)
                if text.dropFirst().first.map({ $0 | 0x20 }) == UInt8(ascii: "x"), let first = afterPrefix.first,
                    value(of: first) < 16
                {
                    base = 16
                    text = afterPrefix
                }
            }
            var number: UInt64 = 0
            var isTooLarge = false
            var count = 0
            while let byte = text.first, value(of: byte) < base {
                let (product, overflows) = number.multipliedReportingOverflow(by: base)
                let (sum, overflowsNow) = product.addingReportingOverflow(value(of: byte))
                isTooLarge = isTooLarge || overflows || overflowsNow
                number = sum
                count += 1
                text = text.dropFirst()
            }
            return count == 0 || isTooLarge ? nil : number
        }

        private static func value(of digit: UInt8) -> UInt64 {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(digit - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(digit - UInt8(ascii: "A") + 10)
            default: .max
            }
        }
    }

    /// C's `isspace`, less the line's end.
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte)
    }
}
