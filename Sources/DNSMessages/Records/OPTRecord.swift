// SPDX-License-Identifier: Apache-2.0

/// What EDNS says beside its record's fixed fields: options (RFC 6891 §6.1.2).
@available(FairDial 0.1, *)
public struct OPTRecord: RecordData {
    /// One option.
    public struct Option: Hashable, Sendable {
        /// Its code.
        public var code: UInt16
        /// What it says.
        public var value: [UInt8]

        /// Client and server cookies (RFC 7873 §4).
        public static let cookieCode: UInt16 = 10
        /// Fills a message up to a size (RFC 7830 §3).
        public static let paddingCode: UInt16 = 12
        /// Says more about a failure than the response code does (RFC 8914 §2).
        public static let extendedErrorCode: UInt16 = 15

        /// An option from its parts.
        public init(code: UInt16, value: [UInt8]) {
            self.code = code
            self.value = value
        }
    }

    /// OPT.
    public static let type: RecordType? = .opt

    /// The options.
    public var options: [Option]

    /// The data from the options.
    public init(_ options: [Option] = []) {
        self.options = options
    }

    /// Reads the data as they stand on the wire.
    ///
    /// - Throws: `MessageError` where they break the type's rules.
    public init(reading reader: inout DataReader) throws(MessageError) {
        options = []
        while !reader.isAtEnd {
            let code = try reader.uint16()
            options.append(Option(code: code, value: try reader.bytes(Int(try reader.uint16()))))
        }
    }

    /// Writes the data as they stand on the wire.
    public func write(to writer: inout MessageWriter) {
        for option in options {
            writer.uint16(option.code)
            writer.uint16(UInt16(truncatingIfNeeded: option.value.count))
            writer.raw(option.value)
        }
    }

    /// As a zone file has it.
    public var description: String {
        options.map { "\($0.code)=\(Presentation.hexadecimal($0.value))" }.joined(separator: " ")
    }
}
