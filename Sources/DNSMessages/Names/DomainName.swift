// SPDX-License-Identifier: Apache-2.0

/// A domain name: labels of any bytes, absolute, its case kept and not compared (RFC 1035 §3.1, RFC 4343).
@available(FairDial 0.1, *)
public struct DomainName: Sendable {
    /// The longest name on the wire, the root's empty label included (RFC 1035 §2.3.4).
    public static let longest = 255

    /// The longest label.
    public static let longestLabel = 63

    /// The root: no labels.
    public static let root = DomainName(uncheckedWire: [0])

    /// The name as it goes over the wire, uncompressed: each label after its length, then a zero.
    public let wire: [UInt8]

    /// A name of its wire form, which is not looked at.
    ///
    /// - Parameter wire: labels and a final zero, known to be a name: another one's `wire`, in whatever case.
    package init(uncheckedWire wire: [UInt8]) {
        self.wire = wire
    }

    /// A name of labels, the leftmost first.
    ///
    /// - Throws: `DomainNameError` for an empty label, one over 63 bytes, or a name over 255.
    public init(labels: some Sequence<some Collection<UInt8>>) throws(DomainNameError) {
        var wire: [UInt8] = []
        for label in labels {
            guard !label.isEmpty else { throw DomainNameError(.emptyLabel, at: wire.count) }
            guard label.count <= Self.longestLabel else { throw DomainNameError(.longLabel, at: wire.count) }
            wire.append(UInt8(label.count))
            wire += label
        }
        wire.append(0)
        guard wire.count <= Self.longest else { throw DomainNameError(.longName, at: Self.longest) }
        self.wire = wire
    }

    /// The labels, the leftmost first; none for the root.
    public var labels: [ArraySlice<UInt8>] {
        var labels: [ArraySlice<UInt8>] = []
        var position = 0
        while wire[position] > 0 {
            let end = position + 1 + Int(wire[position])
            labels.append(wire[position + 1..<end])
            position = end
        }
        return labels
    }

    /// How many labels it has.
    public var labelCount: Int {
        var count = 0
        var position = 0
        while wire[position] > 0 {
            position += 1 + Int(wire[position])
            count += 1
        }
        return count
    }

    /// The name without its leftmost label; `nil` for the root.
    public var parent: DomainName? {
        guard wire[0] > 0 else { return nil }
        return DomainName(uncheckedWire: Array(wire[(1 + Int(wire[0]))...]))
    }

    /// Whether this is the other name, or below it.
    public func isWithin(_ ancestor: DomainName) -> Bool {
        guard wire.count >= ancestor.wire.count else { return false }
        let start = wire.count - ancestor.wire.count
        var position = 0
        while position < start { position += 1 + Int(wire[position]) }
        guard position == start else { return false }
        return zip(wire[start...], ancestor.wire).allSatisfy { Self.folded($0) == Self.folded($1) }
    }

    /// This name with another one's labels after its own.
    ///
    /// - Throws: `DomainNameError` where that is over 255 bytes.
    public func appending(_ suffix: DomainName) throws(DomainNameError) -> DomainName {
        guard wire.count + suffix.wire.count - 1 <= Self.longest else {
            throw DomainNameError(.longName, at: Self.longest)
        }
        return DomainName(uncheckedWire: wire.dropLast() + suffix.wire)
    }

    /// A letter in lower case, any other byte as it is. A label's length is below every letter.
    static func folded(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }
}

@available(FairDial 0.1, *)
extension DomainName: Hashable {
    /// Equality of meaning: ASCII case does not matter (RFC 4343 §3).
    public static func == (left: DomainName, right: DomainName) -> Bool {
        guard left.wire.count == right.wire.count else { return false }
        return left.wire.elementsEqual(right.wire) { folded($0) == folded($1) }
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        withUnsafeTemporaryAllocation(byteCount: wire.count, alignment: 1) { buffer in
            for (index, byte) in wire.enumerated() { buffer[index] = Self.folded(byte) }
            hasher.combine(bytes: UnsafeRawBufferPointer(buffer))
        }
    }
}
