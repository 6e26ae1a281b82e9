// SPDX-License-Identifier: Apache-2.0

/// What a client must show an HTTP door: 256 random bits, drawn for each door anew. It never leaves the process.
@available(FairDial 0.1, *)
public struct DoorSecret: Sendable {
    /// The bits as 64 hexadecimal digits: a bearer token (RFC 6750).
    public let token: String

    /// The value of the field `Proxy-Authorization`: `Bearer` and the token.
    public var authorization: String { "Bearer \(token)" }

    /// Draws one from the system's generator.
    init() {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef".utf8)
        var bytes: [UInt8] = []
        for _ in 0..<4 {
            var word: UInt64 = generator.next()
            for _ in 0..<16 {
                bytes.append(digits[Int(word & 15)])
                word >>= 4
            }
        }
        token = String(decoding: bytes, as: UTF8.self)
    }

    /// Whether a field's value shows the secret. The time it takes depends on the value's length alone.
    func isShown(by value: some Collection<UInt8>) -> Bool {
        let scheme = Array("bearer ".utf8)
        let expected = Array(token.utf8)
        guard value.count == scheme.count + expected.count else { return false }
        var difference: UInt8 = 0
        for (index, byte) in value.enumerated() {
            // The scheme may be written in either case (RFC 9110 §11.1); the token may not.
            let isScheme = index < scheme.count
            difference |= isScheme ? Self.lowered(byte) ^ scheme[index] : byte ^ expected[index - scheme.count]
        }
        return difference == 0
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}

@available(FairDial 0.1, *)
extension DoorSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Nothing of the secret: it would end in a log.
    public var description: String { "(secret)" }

    /// Nothing of the secret.
    public var debugDescription: String { description }

    /// Nothing of the secret.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
