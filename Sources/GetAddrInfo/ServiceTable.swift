// SPDX-License-Identifier: Apache-2.0

/// The services file as a value: which port each service has, by protocol (services(5)).
///
/// Read as glibc's `files` service reads it: a name, white space, a port, `/`, a protocol, aliases; `#` begins a comment, a
/// NUL ends a line's contents. Names and protocols are compared byte for byte, and the first line that fits counts.
public struct ServiceTable: Hashable, Sendable {
    private struct Key: Hashable {
        var name: [UInt8]
        var protocolName: [UInt8]
    }

    private var ports: [Key: UInt16] = [:]

    /// Reads a file's bytes; a line that is not as it should be says nothing.
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
            names = [Array(rest.prefix { !ServiceTable.isSpace($0) })]
            rest = rest.dropFirst(names[0].count).drop(while: ServiceTable.isSpace)
            guard let port = Self.port(&rest) else { return nil }
            self.port = port
            protocolName = Array(rest.prefix { !ServiceTable.isSpace($0) })
            rest = rest.dropFirst(protocolName.count)
            names += rest.split(whereSeparator: ServiceTable.isSpace).map(Array.init)
        }

        /// Takes what `strtoul` takes for a number and the slash after it. Beyond 32 bits the number stays at their largest;
        /// then its lower 16 bits count.
        private static func port(_ rest: inout ArraySlice<UInt8>) -> UInt16? {
            var digits = rest.drop(while: ServiceTable.isSpace)
            let sign = digits.first.flatMap { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") ? $0 : nil }
            if sign != nil { digits = digits.dropFirst() }
            var number: UInt64 = 0
            var isTooLarge = false
            let count = digits.prefix { $0 &- UInt8(ascii: "0") < 10 }.count
            guard count > 0 else { return nil }
            for byte in digits.prefix(count) {
                let (product, overflows) = number.multipliedReportingOverflow(by: 10)
                let (sum, overflowsNow) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
                isTooLarge = isTooLarge || overflows || overflowsNow
                number = sum
            }
            if isTooLarge {
                number = .max
            } else if sign == UInt8(ascii: "-") {
                number = 0 &- number
            }
            rest = digits.dropFirst(count)
            guard let next = rest.first else { return UInt16(truncatingIfNeeded: min(number, UInt64(UInt32.max))) }
            guard next == UInt8(ascii: "/") else { return nil }
            rest = rest.dropFirst()
            return UInt16(truncatingIfNeeded: min(number, UInt64(UInt32.max)))
        }
    }

    /// C's `isspace`, less the line's end.
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte)
    }
}
