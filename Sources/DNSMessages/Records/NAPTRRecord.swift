// SPDX-License-Identifier: Apache-2.0

/// A rule that rewrites a text into a name (RFC 3403 §4.1).
@available(FairDial 0.1, *)
public struct NAPTRRecord: RecordData {
    /// NAPTR.
    public static let type: RecordType? = .naptr

    /// The lower, the earlier.
    public var order: UInt16
    /// The lower, the better, among those of one order.
    public var preference: UInt16
    /// What the replacement is.
    public var flags: [UInt8]
    /// Which service it is for.
    public var services: [UInt8]
    /// The rule.
    public var expression: [UInt8]
    /// The name that comes next; the root where the rule says it.
    public var replacement: DomainName

    /// The data from their parts.
    public init(
        order: UInt16,
        preference: UInt16,
        flags: [UInt8],
        services: [UInt8],
        expression: [UInt8],
        replacement: DomainName
    ) {
        self.order = order
        self.preference = preference
        self.flags = flags
        self.services = services
        self.expression = expression
        self.replacement = replacement
    }

    /// Reads the data as they stand on the wire.
    ///
    /// - Throws: `MessageError` where they break the type's rules.
    public init(reading reader: inout DataReader) throws(MessageError) {
        order = try reader.uint16()
        preference = try reader.uint16()
        flags = try reader.characterString()
        services = try reader.characterString()
        expression = try reader.characterString()
        replacement = try reader.name()
    }

    /// Writes the data as they stand on the wire.
    public func write(to writer: inout MessageWriter) {
        writer.uint16(order)
        writer.uint16(preference)
        for text in [flags, services, expression] { writer.characterString(text) }
        writer.name(replacement)
    }

    /// As a zone file has it.
    public var description: String {
        let texts = [flags, services, expression].map(Presentation.quoted).joined(separator: " ")
        return "\(order) \(preference) \(texts) \(replacement)"
    }
}
