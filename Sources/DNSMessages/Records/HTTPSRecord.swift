// SPDX-License-Identifier: Apache-2.0

/// The service binding of an HTTP origin (RFC 9460 §9).
@available(FairDial 0.1, *)
public struct HTTPSRecord: RecordData {
    /// HTTPS.
    public static let type: RecordType? = .https

    /// What it says; an HTTPS record is an SVCB record of another type.
    public var binding: SVCBRecord

    /// The data from what they say.
    public init(_ binding: SVCBRecord) {
        self.binding = binding
    }

    /// Reads the data as they stand on the wire.
    ///
    /// - Throws: `MessageError` where they break the type's rules.
    public init(reading reader: inout DataReader) throws(MessageError) {
        binding = try SVCBRecord(reading: &reader)
    }

    /// Writes the data as they stand on the wire.
    public func write(to writer: inout MessageWriter) {
        binding.write(to: &writer)
    }

    /// As a zone file has it.
    public var description: String { "\(binding)" }
}
