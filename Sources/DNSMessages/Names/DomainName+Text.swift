// SPDX-License-Identifier: Apache-2.0

@available(FairDial 0.1, *)
extension DomainName {
    /// Reads the presentation form: labels between dots, `\.` and `\\` for these characters, `\DDD` for any byte
    /// (RFC 1035 §5.1, RFC 4343 §2.1). A final dot may be there or not: every name here is absolute.
    ///
    /// - Throws: `DomainNameError`, with the offset in bytes.
    public init(_ text: some StringProtocol) throws(DomainNameError) {
        var text = String(text)
        let result = text.withUTF8 { bytes in Self.wire(ofText: bytes) }
        self.init(uncheckedWire: try result.get())
    }

    private static func wire(ofText text: UnsafeBufferPointer<UInt8>) -> Result<[UInt8], DomainNameError> {
        let dot = UInt8(ascii: ".")
        if text.isEmpty { return .failure(DomainNameError(.empty, at: 0)) }
        if text.count == 1, text[0] == dot { return .success([0]) }
        var wire: [UInt8] = []
        wire.reserveCapacity(text.count + 2)
        wire.append(0)
        // Where the length of the label that is being read stands.
        var label = 0
        var position = 0
        while position < text.count {
            let start = position
            let byte = text[position]
            position += 1
            if byte == dot {
                guard wire.count > label + 1 else { return .failure(DomainNameError(.emptyLabel, at: start)) }
                wire[label] = UInt8(wire.count - label - 1)
                label = wire.count
                wire.append(0)
                continue
            }
            if byte == UInt8(ascii: "\\") {
                guard let escaped = Self.escaped(text, &position) else {
                    return .failure(DomainNameError(.badEscape, at: start))
                }
                wire.append(escaped)
            } else {
                wire.append(byte)
            }
            guard wire.count - label - 1 <= longestLabel else {
                return .failure(DomainNameError(.longLabel, at: start))
            }
            guard wire.count < longest else { return .failure(DomainNameError(.longName, at: start)) }
        }
        // After a final dot the last label is the root's, and there already.
        if wire.count > label + 1 {
            wire[label] = UInt8(wire.count - label - 1)
            wire.append(0)
        }
        guard wire.count <= longest else { return .failure(DomainNameError(.longName, at: text.count)) }
        return .success(wire)
    }

    /// The byte that follows a backslash.
    static func escaped(_ text: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> UInt8? {
        guard position < text.count else { return nil }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard digits.contains(text[position]) else {
            defer { position += 1 }
            return text[position]
        }
        guard position + 3 <= text.count else { return nil }
        let number = text[position..<position + 3].reduce(into: Int?(0)) { sum, byte in
            sum = digits.contains(byte) ? sum.map { $0 * 10 + Int(byte - digits.lowerBound) } : nil
        }
        position += 3
        return number.flatMap(UInt8.init(exactly:))
    }
}

@available(FairDial 0.1, *)
extension DomainName: CustomStringConvertible {
    /// The presentation form, without the final dot except for the root's ".".
    public var description: String {
        let labels = labels
        guard !labels.isEmpty else { return "." }
        var text: [UInt8] = []
        for label in labels {
            if !text.isEmpty { text.append(UInt8(ascii: ".")) }
            for byte in label { text += Presentation.escaped(byte, special: #".\;"()@$"#.utf8) }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
