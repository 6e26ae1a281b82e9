// SPDX-License-Identifier: Apache-2.0

/// A network interface's name: 1 … 15 bytes (`IFNAMSIZ` less its NUL), without white space, `/` or `%`.
///
/// The bytes lie in the value itself, so that addresses with a zone are copied without counting references.
@available(FairDial 0.1, *)
public struct InterfaceName: Hashable, Sendable {
    /// The first byte in the highest bits, zeros behind the last.
    private var first: UInt64 = 0
    private var second: UInt64 = 0

    private static let longest = 15

    /// Checks a text's form; whether there is such an interface is not looked at.
    ///
    /// - Returns: `nil` for a text that no interface can have as its name.
    public init?(_ text: some StringProtocol) {
        var count = 0
        for byte in text.utf8 {
            guard count < Self.longest, append(byte, at: count) else { return nil }
            count += 1
        }
        guard count > 0 else { return nil }
    }

    /// Checks a name's bytes, which must be UTF-8.
    init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
        guard 1...Self.longest ~= bytes.count, String(validating: bytes, as: UTF8.self) != nil else { return nil }
        for (offset, byte) in bytes.enumerated() where !append(byte, at: offset) { return nil }
    }

    private mutating func append(_ byte: UInt8, at offset: Int) -> Bool {
        guard byte > 0x20, byte != 0x7F, byte != UInt8(ascii: "/"), byte != UInt8(ascii: "%") else { return false }
        let shift = UInt64(56 - offset % 8 * 8)
        if offset < 8 { first |= UInt64(byte) << shift } else { second |= UInt64(byte) << shift }
        return true
    }
}

@available(FairDial 0.1, *)
extension InterfaceName: CustomStringConvertible {
    /// The name.
    public var description: String {
        withUnsafeBytes(of: (first.bigEndian, second.bigEndian)) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}

@available(FairDial 0.1, *)
extension InterfaceName: Comparable {
    /// The order of the bytes.
    public static func < (left: InterfaceName, right: InterfaceName) -> Bool {
        (left.first, left.second) < (right.first, right.second)
    }
}
